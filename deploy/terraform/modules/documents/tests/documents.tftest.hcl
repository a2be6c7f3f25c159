# The documents of a small deployment, and what must never be in them.

variables {
  project        = "slo-demo"
  environment    = "test"
  region         = "eu-central-1"
  account_id     = "123456789012"
  repository     = "https://git.example/slo-toolkit.git"
  revision       = "0123456789abcdef0123456789abcdef01234567"
  site_address   = "demo.example"
  data_volume_id = "vol-0123456789abcdef0"
  kms_key_arn    = "arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555"
}

run "the_machine_reads_its_own_secrets_only" {
  assert {
    condition = alltrue([
      for statement in jsondecode(output.role_policy).Statement :
      alltrue([for resource in statement.Resource : startswith(resource, "arn:aws:ssm:eu-central-1:123456789012:parameter/slo-demo/test")])
      if anytrue([for action in statement.Action : strcontains(action, "Parameter")])
    ])
    error_message = "A parameter outside of /slo-demo/test can be read or written."
  }

  assert {
    condition = toset(flatten([for statement in jsondecode(output.role_policy).Statement : statement.Action])) == toset([
      "ssm:GetParametersByPath", "kms:Decrypt", "ssm:UpdateInstanceInformation",
      "ssmmessages:CreateControlChannel", "ssmmessages:CreateDataChannel",
      "ssmmessages:OpenControlChannel", "ssmmessages:OpenDataChannel",
    ])
    error_message = "The machine may do something else than read its secrets and open sessions."
  }

  assert {
    condition = alltrue([
      for statement in jsondecode(output.role_policy).Statement :
      statement.Resource == [var.kms_key_arn]
      && statement.Condition.StringEquals["kms:ViaService"] == "ssm.eu-central-1.amazonaws.com"
      && statement.Condition.StringLike["kms:EncryptionContext:PARAMETER_ARN"] == "arn:aws:ssm:eu-central-1:123456789012:parameter/slo-demo/test/*"
      if anytrue([for action in statement.Action : startswith(action, "kms:")])
    ])
    error_message = "The key decrypts something else than the machine's secrets."
  }
}

run "making_secrets_never_replaces_one" {
  variables {
    generate_missing_secrets = true
  }

  assert {
    condition = one([
      for statement in jsondecode(output.role_policy).Statement : statement.Condition.StringEquals["ssm:Overwrite"]
      if contains(statement.Action, "ssm:PutParameter")
    ]) == "false"
    error_message = "PutParameter is not bound to ssm:Overwrite = false."
  }

  assert {
    condition     = strcontains(output.user_data, "--generate-missing --key-id ${var.kms_key_arn}")
    error_message = "The boot script does not get --generate-missing and the key."
  }
}

run "reading_is_the_default" {
  assert {
    condition     = !strcontains(output.user_data, "--generate-missing")
    error_message = "The boot script makes secrets although it was not asked to."
  }
}

run "only_ec2_takes_the_role" {
  assert {
    condition     = jsondecode(output.assume_role_policy).Statement[*].Principal == [{ Service = "ec2.amazonaws.com" }]
    error_message = "Somebody else than EC2 may take the role."
  }
}

run "the_machine_runs_the_commit_and_mounts_the_volume" {
  assert {
    condition     = strcontains(output.user_data, "fetch -q --depth 1 https://git.example/slo-toolkit.git ${var.revision}")
    error_message = "The first boot fetches something else than the revision."
  }

  assert {
    condition     = strcontains(output.user_data, "data_device=/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_vol0123456789abcdef0\n")
    error_message = "The first boot mounts another volume."
  }

  assert {
    condition     = strcontains(output.user_data, "fetch-secrets --path /slo-demo/test --output")
    error_message = "The boot script reads another path than the one that the role allows."
  }
}

run "what_must_be_given_is_listed" {
  assert {
    condition     = contains(keys(output.secrets_to_give), "/slo-demo/test/pagerduty_routing_key")
    error_message = "PagerDuty's key is not among what must be given."
  }

  assert {
    condition     = !contains(keys(output.secrets_to_give), "/slo-demo/test/db_password")
    error_message = "The database's password can be made, and need not be given."
  }
}

run "wrong_values_are_refused_together" {
  command = plan

  variables {
    project        = "Slo Demo"
    environment    = "../other"
    account_id     = "1"
    repository     = "https://user:token@git.example/x"
    revision       = "main"
    site_address   = "https://demo.example/"
    data_volume_id = "sdf"
  }

  expect_failures = [
    var.project, var.environment, var.account_id, var.repository, var.revision, var.site_address, var.data_volume_id,
  ]
}
