# The three tables of src/fireside/adapters/dynamodb/rows. Their keys must be those: a test compares them.

locals {
  provisioned = var.billing_mode == "provisioned"

  # DynamoDB gives 25 units of reading and 25 of writing away in an account, for good. A message
  # is 4 units of writing or more, a broadcast reads the room's connections, and each command reads
  # its person, which only a claim or a change writes.
  free_units = {
    messages    = { read = 6, write = 14 }
    connections = { read = 11, write = 7 }
    people      = { read = 8, write = 4 }
  }
}

resource "aws_dynamodb_table" "messages" {
  #checkov:skip=CKV_AWS_119:DynamoDB encrypts with its own key for nothing; a key of one's own costs $1 a month and a call for each access
  name                        = "${var.prefix}-messages"
  billing_mode                = local.provisioned ? "PROVISIONED" : "PAY_PER_REQUEST"
  read_capacity               = local.provisioned ? local.free_units.messages.read : null
  write_capacity              = local.provisioned ? local.free_units.messages.write : null
  deletion_protection_enabled = var.protect_messages
  hash_key                    = "pk"
  range_key                   = "seq"

  attribute {
    name = "pk"
    type = "S"
  }

  attribute {
    name = "seq"
    type = "N"
  }

  ttl {
    attribute_name = "ttl"
    enabled        = true
  }

  point_in_time_recovery {
    enabled = true
  }
}

# Who has claimed a name, and what owners and moderators did: as worth keeping as the messages.
resource "aws_dynamodb_table" "people" {
  #checkov:skip=CKV_AWS_119:DynamoDB encrypts with its own key for nothing; a key of one's own costs $1 a month and a call for each access
  name                        = "${var.prefix}-people"
  billing_mode                = local.provisioned ? "PROVISIONED" : "PAY_PER_REQUEST"
  read_capacity               = local.provisioned ? local.free_units.people.read : null
  write_capacity              = local.provisioned ? local.free_units.people.write : null
  deletion_protection_enabled = var.protect_messages
  hash_key                    = "pk"
  range_key                   = "sk"

  attribute {
    name = "pk"
    type = "S"
  }

  attribute {
    name = "sk"
    type = "S"
  }

  ttl {
    attribute_name = "ttl"
    enabled        = true
  }

  point_in_time_recovery {
    enabled = true
  }
}

# Who is connected now: of no use tomorrow, so there is nothing to protect or to restore.
resource "aws_dynamodb_table" "connections" {
  #checkov:skip=CKV_AWS_28:Rows live for two hours; what is restored would be wrong
  #checkov:skip=CKV_AWS_119:DynamoDB encrypts with its own key for nothing; a key of one's own costs $1 a month and a call for each access
  name           = "${var.prefix}-connections"
  billing_mode   = local.provisioned ? "PROVISIONED" : "PAY_PER_REQUEST"
  read_capacity  = local.provisioned ? local.free_units.connections.read : null
  write_capacity = local.provisioned ? local.free_units.connections.write : null
  hash_key       = "pk"
  range_key      = "sk"

  attribute {
    name = "pk"
    type = "S"
  }

  attribute {
    name = "sk"
    type = "S"
  }

  ttl {
    attribute_name = "ttl"
    enabled        = true
  }
}
