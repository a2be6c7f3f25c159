# One machine that runs deploy/compose.yaml. What it may do and what it runs is text, and comes from modules/documents.

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_subnet" "public" {
  id = var.subnet_id
}

data "aws_ssm_parameter" "ubuntu" {
  count = var.image_id == null ? 1 : 0
  name  = "/aws/service/canonical/ubuntu/server/24.04/stable/current/amd64/hvm/ebs-gp3/ami-id"
}

module "documents" {
  source = "./modules/documents"

  project                  = var.project
  environment              = var.environment
  partition                = data.aws_partition.current.partition
  region                   = var.region
  account_id               = data.aws_caller_identity.current.account_id
  repository               = var.repository
  revision                 = var.revision
  site_address             = var.site_address
  data_volume_id           = aws_ebs_volume.data.id
  kms_key_arn              = aws_kms_key.this.arn
  generate_missing_secrets = var.generate_missing_secrets
}

resource "aws_instance" "this" {
  ami                         = coalesce(var.image_id, one(nonsensitive(data.aws_ssm_parameter.ubuntu[*].value)))
  instance_type               = var.instance_type
  iam_instance_profile        = aws_iam_instance_profile.machine.name
  user_data                   = module.documents.user_data
  user_data_replace_on_change = true
  ebs_optimized               = true
  monitoring                  = true

  network_interface {
    device_index         = 0
    network_interface_id = aws_network_interface.this.id
  }

  # One hop: the machine itself reaches its credentials, a container does not.
  metadata_options {
    http_endpoint               = "enabled"
    http_tokens                 = "required"
    http_put_response_hop_limit = 1
  }

  root_block_device {
    encrypted   = true
    kms_key_id  = aws_kms_key.this.arn
    volume_type = "gp3"
    volume_size = 20
  }

  tags = { Name = module.documents.name }

  # A newer image is no reason to replace a running machine. The first boot needs the way out that the address is,
  # and the permission to read the secrets.
  lifecycle {
    ignore_changes = [ami]
  }
  depends_on = [aws_eip.edge, aws_iam_role_policy.machine]
}
