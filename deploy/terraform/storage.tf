# The data outlives the machine, and a mistake of an hour ago outlives neither: a snapshot is taken every day.

resource "aws_kms_key" "this" {
  description             = "Volumes and secrets of ${var.project} ${var.environment}"
  enable_key_rotation     = true
  deletion_window_in_days = 30

  # The account decides by IAM policies who may use the key.
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "kms:*"
      Resource  = "*"
      Principal = { AWS = "arn:${data.aws_partition.current.partition}:iam::${data.aws_caller_identity.current.account_id}:root" }
    }]
  })
}

resource "aws_kms_alias" "this" {
  name          = "alias/${module.documents.name}"
  target_key_id = aws_kms_key.this.id
}

resource "aws_ebs_volume" "data" {
  availability_zone = data.aws_subnet.public.availability_zone
  size              = var.data_gibibytes
  type              = "gp3"
  encrypted         = true
  kms_key_id        = aws_kms_key.this.arn
  tags              = { Name = "${var.project}-${var.environment}-data" }

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_volume_attachment" "data" {
  device_name                    = "/dev/sdf"
  volume_id                      = aws_ebs_volume.data.id
  instance_id                    = aws_instance.this.id
  stop_instance_before_detaching = true
}

resource "aws_dlm_lifecycle_policy" "data" {
  description        = "Daily snapshots of the data volume"
  execution_role_arn = aws_iam_role.snapshots.arn
  state              = "ENABLED"

  policy_details {
    resource_types = ["VOLUME"]
    target_tags    = { Name = aws_ebs_volume.data.tags.Name }

    schedule {
      name      = "daily"
      copy_tags = true
      create_rule {
        interval      = 24
        interval_unit = "HOURS"
        times         = ["02:30"]
      }
      retain_rule {
        count = 14
      }
    }
  }
}
