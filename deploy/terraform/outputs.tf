output "address" {
  description = "Public address of the edge: site_address must point to it."
  value       = aws_eip.edge.public_ip
}

output "shell" {
  description = "How to get a shell on the machine."
  value       = "aws ssm start-session --region ${var.region} --target ${aws_instance.this.id}"
}

output "secrets_path" {
  description = "Path of the secrets in SSM Parameter Store."
  value       = module.documents.secrets_path
}

output "secrets_key" {
  description = "KMS key of the secrets: --key-id of fetch-secrets and rotate."
  value       = aws_kms_key.this.arn
}

output "secrets_to_give" {
  description = "Parameters that no program can make, and what each is."
  value       = module.documents.secrets_to_give
}
