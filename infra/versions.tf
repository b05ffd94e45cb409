terraform {
  required_version = ">= 1.11" # S3 locks the state by itself since then

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "6.69.1"
    }

    random = {
      source  = "hashicorp/random"
      version = "3.9.1"
    }
  }

  # Where the state is comes from a file of yours: terraform init -backend-config=backend.hcl
  # (infra/backend.example.hcl; infra/bootstrap makes the bucket).
  backend "s3" {}
}

provider "aws" {
  region = var.region

  default_tags {
    tags = { project = var.project_name, stage = var.stage_name }
  }
}
