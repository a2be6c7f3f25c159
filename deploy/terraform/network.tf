# Only the edge is reachable. There is no SSH: a shell is `aws ssm start-session`.

resource "aws_security_group" "this" {
  name        = module.documents.name
  description = "The edge in, HTTP and HTTPS out"
  vpc_id      = data.aws_subnet.public.vpc_id
  tags        = { Name = module.documents.name }
}

resource "aws_vpc_security_group_ingress_rule" "edge" {
  for_each = { for pair in setproduct(["80", "443"], var.visitors) : join(" ", pair) => { port = tonumber(pair[0]), network = pair[1] } }

  security_group_id = aws_security_group.this.id
  description       = each.value.port == 80 ? "Certificates and the redirect to HTTPS" : "The edge"
  ip_protocol       = "tcp"
  from_port         = each.value.port
  to_port           = each.value.port
  cidr_ipv4         = each.value.network
}

resource "aws_vpc_security_group_egress_rule" "web" {
  for_each = { 80 = "Ubuntu's packages, which are signed", 443 = "AWS, images, git, PagerDuty, Slack" }

  security_group_id = aws_security_group.this.id
  description       = each.value
  ip_protocol       = "tcp"
  from_port         = tonumber(each.key)
  to_port           = tonumber(each.key)
  cidr_ipv4         = "0.0.0.0/0"
}

resource "aws_network_interface" "this" {
  subnet_id       = var.subnet_id
  security_groups = [aws_security_group.this.id]
  tags            = { Name = module.documents.name }
}

# Belongs to the interface, so it is there before the machine boots and stays when the machine is replaced.
resource "aws_eip" "edge" {
  domain            = "vpc"
  network_interface = aws_network_interface.this.id
  tags              = { Name = module.documents.name }
}
