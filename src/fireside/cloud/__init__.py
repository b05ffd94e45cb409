"""What one does about AWS from one's own machine. Nothing in here is uploaded."""
