"""What several tests share: doubles, made files, processes to start and kill."""
