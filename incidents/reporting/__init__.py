"""The reporting clock (信息报送): obligations that follow from incidents and policies, their proof, their lateness."""
