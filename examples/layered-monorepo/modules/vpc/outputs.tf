output "vpc_id" {
  description = "Id of the VPC."
  value       = aws_vpc.this.id
}

output "cidr_block" {
  description = "IPv4 range of the VPC."
  value       = aws_vpc.this.cidr_block
}

output "availability_zones" {
  description = "Zones that have subnets, in the order of the subnet id lists."
  value       = local.zones
}

output "public_subnet_ids" {
  description = "Ids of the public subnets, one a zone."
  value       = [for zone in local.zones : aws_subnet.public[zone].id]
}

output "private_subnet_ids" {
  description = "Ids of the private subnets, one a zone."
  value       = [for zone in local.zones : aws_subnet.private[zone].id]
}

output "private_route_table_ids" {
  description = "Ids of the private route tables, one a zone: where gateway endpoints attach."
  value       = [for zone in local.zones : aws_route_table.private[zone].id]
}

output "nat_public_ips" {
  description = "Public addresses that private subnets appear as, by zone of the NAT gateway. Empty when nat is none."
  value       = { for zone, address in aws_eip.nat : zone => address.public_ip }
}

output "public_route_table_id" {
  description = "Id of the public subnets' route table."
  value       = aws_route_table.public.id
}
