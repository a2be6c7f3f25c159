# The whole of it on a mocked AWS: needs the provider's schema, but no account and no network.

mock_provider "aws" {
  override_during = plan

  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }
  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }
  mock_data "aws_subnet" {
    defaults = { vpc_id = "vpc-0123456789abcdef0", availability_zone = "eu-central-1a" }
  }
  mock_data "aws_ssm_parameter" {
    defaults = { value = "ami-0123456789abcdef0" }
  }
  mock_resource "aws_ebs_volume" {
    defaults = { id = "vol-0123456789abcdef0" }
  }
  mock_resource "aws_kms_key" {
    defaults = { arn = "arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555" }
  }
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/slo-demo" }
  }
}

variables {
  region       = "eu-central-1"
  subnet_id    = "subnet-0123456789abcdef0"
  site_address = "demo.example"
  repository   = "https://git.example/slo-toolkit.git"
  revision     = "0123456789abcdef0123456789abcdef01234567"
}

# Plans only: the data volume refuses to be destroyed, so a test could not clean up after an apply.
run "a_machine" {
  command = plan

  assert {
    condition     = aws_instance.this.metadata_options[0].http_tokens == "required" && aws_instance.this.metadata_options[0].http_put_response_hop_limit == 1
    error_message = "The credentials can be had without a token, or from a container."
  }

  assert {
    condition     = aws_instance.this.root_block_device[0].encrypted && aws_ebs_volume.data.encrypted
    error_message = "A volume is not encrypted."
  }

  assert {
    condition     = toset([for rule in aws_vpc_security_group_ingress_rule.edge : rule.from_port]) == toset([80, 443]) && alltrue([for rule in aws_vpc_security_group_ingress_rule.edge : rule.from_port == rule.to_port])
    error_message = "Another port than those of the edge is open."
  }

  assert {
    condition     = aws_iam_role_policy.machine.policy == module.documents.role_policy && aws_iam_role_policy.machine.role == aws_iam_role.machine.id
    error_message = "The machine has another policy than the tested one."
  }

  assert {
    condition     = aws_instance.this.user_data == module.documents.user_data
    error_message = "The machine boots with another script than the tested one."
  }

  assert {
    condition     = aws_instance.this.ami == "ami-0123456789abcdef0"
    error_message = "The image is not the one that Canonical publishes."
  }
}

run "visitors_are_limited" {
  command = plan

  variables {
    visitors = ["192.0.2.0/24", "198.51.100.0/24"]
  }

  assert {
    condition     = length(aws_vpc_security_group_ingress_rule.edge) == 4 && !contains([for rule in aws_vpc_security_group_ingress_rule.edge : rule.cidr_ipv4], "0.0.0.0/0")
    error_message = "The edge is open to others than the visitors."
  }
}
