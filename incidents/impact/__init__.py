"""Impact of incidents: what lies inside and near, counted at creation and at each change, and its domain."""
