project      = "shop"
region       = "eu-west-1"
environments = ["dev", "staging", "production"]

github = {
  infrastructure_repository = { name = "org/shop-infrastructure" }
  application_repositories  = [{ name = "org/service-a" }, { name = "org/service-b" }]
}
