output "name" {
  description = "Prefix of every name."
  value       = local.name
}

output "secrets_path" {
  description = "Path of the secrets in SSM Parameter Store."
  value       = local.secrets_path
}

output "secrets_to_give" {
  description = "Parameters that no program can make, and what each is."
  value       = local.to_give
}

output "assume_role_policy" {
  description = "Who may take the machine's role: EC2."
  value = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "ec2.amazonaws.com" }
    }]
  })
}

output "role_policy" {
  description = "What the machine may do."
  value = jsonencode({
    Version   = "2012-10-17"
    Statement = concat(local.read_secrets, local.make_secrets, local.open_sessions)
  })
}

output "user_data" {
  description = "Script of the first boot. It holds no secret: everybody on the machine can read it."
  value = templatefile("${path.module}/templates/first-boot.sh.tftpl", {
    repository   = var.repository
    revision     = var.revision
    region       = var.region
    site_address = var.site_address
    data_device  = "/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_${replace(var.data_volume_id, "-", "")}"
    unit = templatefile("${path.module}/templates/slo-demo.service.tftpl", {
      region           = var.region
      secrets_path     = local.secrets_path
      generate_missing = var.generate_missing_secrets ? " --generate-missing --key-id ${var.kms_key_arn}" : ""
    })
  })
}
