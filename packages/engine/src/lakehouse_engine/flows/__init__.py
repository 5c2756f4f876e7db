"""How each kind of flow brings its rows into its target."""
