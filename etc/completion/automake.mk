# Completion of vifctl, under the names by which the shells find it.
bashcompletiondir = $(datadir)/bash-completion/completions
dist_bashcompletion_DATA = etc/completion/bash/vifctl
zshcompletiondir = $(datadir)/zsh/site-functions
dist_zshcompletion_DATA = etc/completion/zsh/_vifctl
