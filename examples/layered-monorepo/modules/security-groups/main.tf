resource "aws_security_group" "app" {
  # A prefix: the replacement must exist beside the old group, which tasks still use.
  name_prefix = "${var.name}-app-"
  description = "Application tasks: reached from inside the VPC only"
  vpc_id      = var.vpc.id

  tags = merge(var.tags, { Name = "${var.name}-app" })

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_vpc_security_group_ingress_rule" "app" {
  for_each = { for port in var.app_ports : tostring(port) => port }

  security_group_id = aws_security_group.app.id
  description       = "From inside the VPC to port ${each.key}"
  cidr_ipv4         = var.vpc.cidr_block
  ip_protocol       = "tcp"
  from_port         = each.value
  to_port           = each.value

  tags = var.tags
}

# Tasks pull images and send logs through public endpoints where there are no VPC endpoints.
resource "aws_vpc_security_group_egress_rule" "app" {
  security_group_id = aws_security_group.app.id
  description       = "To anywhere"
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "-1"

  tags = var.tags
}
