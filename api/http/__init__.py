"""HTTP shared by all routes: answers, problems, headers, bounds, query parameters."""
