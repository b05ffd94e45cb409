# The least there is to say: everything has a default but who may come in.
#
# Terraform warns that the module's backend is ignored: where this state is, is yours to say here.

module "fireside" {
  source = "../.."

  region        = var.region
  package_path  = var.package_path
  page_path     = var.page_path
  billing_mode  = var.billing_mode
  invite_hashes = var.invite_hashes
}
