"""The life of one alert and the set of open ones. Pure."""
