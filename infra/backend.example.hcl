# Copy to backend.hcl (git ignores it) and fill in what infra/bootstrap printed.
bucket       = "fireside-state-123456789012"
key          = "prod.tfstate" # one for each stage_name
region       = "us-east-1"
encrypt      = true
use_lockfile = true # a second apply waits for the first
