data "aws_region" "current" {}

locals {
  mail_from = "bounce.${var.domain_name}"

  dmarc = join("; ", concat(
    ["v=DMARC1", "p=${var.dmarc.policy}"],
    var.dmarc.report_address == null ? [] : ["rua=mailto:${var.dmarc.report_address}"],
  ))

  # Names, types and values as SES's documentation gives them ("Authenticating email").
  records = merge(
    { for index in range(3) : "dkim-${index}" => {
      name  = "${aws_ses_domain_dkim.this.dkim_tokens[index]}._domainkey.${var.domain_name}"
      type  = "CNAME"
      value = "${aws_ses_domain_dkim.this.dkim_tokens[index]}.dkim.amazonses.com"
    } },
    {
      spf   = { name = var.domain_name, type = "TXT", value = "v=spf1 include:amazonses.com ~all" }
      dmarc = { name = "_dmarc.${var.domain_name}", type = "TXT", value = local.dmarc }

      mail-from     = { name = local.mail_from, type = "MX", value = "10 feedback-smtp.${data.aws_region.current.name}.amazonses.com" }
      mail-from-spf = { name = local.mail_from, type = "TXT", value = "v=spf1 include:amazonses.com ~all" }
    },
  )
  record_names = toset(["dkim-0", "dkim-1", "dkim-2", "spf", "dmarc", "mail-from", "mail-from-spf"])
}

resource "aws_ses_domain_identity" "this" {
  domain = var.domain_name
}

resource "aws_ses_domain_dkim" "this" {
  domain = aws_ses_domain_identity.this.domain
}

# Bounces come back to a name of this domain, so that SPF and DMARC agree.
resource "aws_ses_domain_mail_from" "this" {
  domain           = aws_ses_domain_identity.this.domain
  mail_from_domain = local.mail_from
}

resource "aws_ses_email_identity" "test" {
  for_each = var.test_emails

  email = each.value
}

resource "aws_route53_record" "this" {
  for_each = var.zone == null ? toset([]) : local.record_names

  zone_id = var.zone.id
  name    = local.records[each.value].name
  type    = local.records[each.value].type
  ttl     = 3600
  records = [local.records[each.value].value]
}
