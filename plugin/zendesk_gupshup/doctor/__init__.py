"""What is wrong with an installation, one line each with its remedy: `lines` judges, `examine` asks."""
