"""Mass messages (短信群发, 叫应): approval by a second person, waves until enough answered, and their domain."""
