"""What arrives: specifications, rows and tasks, checked as they are read, and the view that a learner has of them."""
