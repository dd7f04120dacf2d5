locals {
  zone_name = coalesce(var.zone.name, var.domain_name)
  zone_id   = var.zone.create ? aws_route53_zone.this[0].zone_id : data.aws_route53_zone.this[0].zone_id
  api_name  = "${var.api_prefix}.${var.domain_name}"

  # The wildcard covers one level and not the domain itself, so both are named. Both are proven by
  # one and the same record.
  certificates = {
    wildcard = { domain_name = var.domain_name, alternatives = ["*.${var.domain_name}"] }
    api      = { domain_name = local.api_name, alternatives = [] }
  }
}

resource "aws_route53_zone" "this" {
  count = var.zone.create ? 1 : 0

  name = local.zone_name

  tags = merge(var.tags, { Name = local.zone_name })
}

data "aws_route53_zone" "this" {
  count = var.zone.create ? 0 : 1

  name         = local.zone_name
  private_zone = false
}

resource "aws_acm_certificate" "this" {
  for_each = local.certificates

  domain_name               = each.value.domain_name
  subject_alternative_names = each.value.alternatives
  validation_method         = "DNS"

  tags = merge(var.tags, { Name = each.value.domain_name })

  lifecycle {
    # What uses it changes over before the old one goes.
    create_before_destroy = true
  }
}

resource "aws_route53_record" "validation" {
  for_each = local.certificates

  zone_id = local.zone_id
  name    = [for option in aws_acm_certificate.this[each.key].domain_validation_options : option if option.domain_name == each.value.domain_name][0].resource_record_name
  type    = [for option in aws_acm_certificate.this[each.key].domain_validation_options : option if option.domain_name == each.value.domain_name][0].resource_record_type
  records = [[for option in aws_acm_certificate.this[each.key].domain_validation_options : option if option.domain_name == each.value.domain_name][0].resource_record_value]
  ttl     = 300

  # Another certificate for the same name, such as the one that replaces this, is proven by the same record.
  allow_overwrite = true
}

resource "aws_acm_certificate_validation" "this" {
  for_each = local.certificates

  certificate_arn         = aws_acm_certificate.this[each.key].arn
  validation_record_fqdns = [aws_route53_record.validation[each.key].fqdn]
}
