# Every document that AWS or the machine gets, from variables alone: names, IAM policies, the script of the first
# boot. There is no provider here, so that `terraform test` can execute all of it without an account.

terraform {
  required_version = ">= 1.9"
}

locals {
  name         = "${var.project}-${var.environment}"
  secrets_path = "/${var.project}/${var.environment}"
  secrets_arn  = "arn:${var.partition}:ssm:${var.region}:${var.account_id}:parameter${local.secrets_path}"

  parameters = jsondecode(file("${path.module}/../../../secrets/names.json")).parameters

  to_give = {
    for parameter in local.parameters : "${local.secrets_path}/${parameter.name}" => parameter.about
    if parameter.made == "given" && !try(parameter.optional, false)
  }

  read_secrets = [
    {
      Sid      = "ReadOwnSecrets"
      Effect   = "Allow"
      Action   = ["ssm:GetParametersByPath"]
      Resource = [local.secrets_arn, "${local.secrets_arn}/*"]
    },
    {
      Sid      = "DecryptOwnSecrets"
      Effect   = "Allow"
      Action   = ["kms:Decrypt"]
      Resource = [var.kms_key_arn]
      Condition = {
        StringEquals = { "kms:ViaService" = "ssm.${var.region}.amazonaws.com" }
        StringLike   = { "kms:EncryptionContext:PARAMETER_ARN" = "${local.secrets_arn}/*" }
      }
    },
  ]

  # Overwrite is a part of the request, so SSM refuses to replace a value whatever the script does. SSM encrypts a SecureString of the standard tier directly with the key.
  make_secrets = !var.generate_missing_secrets ? [] : [
    {
      Sid       = "MakeMissingSecrets"
      Effect    = "Allow"
      Action    = ["ssm:PutParameter"]
      Resource  = ["${local.secrets_arn}/*"]
      Condition = { StringEquals = { "ssm:Overwrite" = "false" } }
    },
    {
      Sid      = "EncryptOwnSecrets"
      Effect   = "Allow"
      Action   = ["kms:Encrypt"]
      Resource = [var.kms_key_arn]
      Condition = {
        StringEquals = { "kms:ViaService" = "ssm.${var.region}.amazonaws.com" }
        StringLike   = { "kms:EncryptionContext:PARAMETER_ARN" = "${local.secrets_arn}/*" }
      }
    },
  ]

  # Session Manager instead of SSH. The managed policy AmazonSSMManagedInstanceCore is not used, since it allows
  # ssm:GetParameter on every parameter of the account. None of these actions takes a narrower resource.
  open_sessions = [
    {
      Sid    = "OpenSessions"
      Effect = "Allow"
      Action = [
        "ssm:UpdateInstanceInformation",
        "ssmmessages:CreateControlChannel",
        "ssmmessages:CreateDataChannel",
        "ssmmessages:OpenControlChannel",
        "ssmmessages:OpenDataChannel",
      ]
      Resource = ["*"]
    },
  ]
}
