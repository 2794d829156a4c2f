package bot

// TagOf lets tests make up buttons.
var TagOf = tagOf
