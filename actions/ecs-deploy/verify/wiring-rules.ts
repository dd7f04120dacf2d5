import {
  asArray,
  containerNames,
  findContainer,
  isObject,
  textOf,
} from '../definition/task-definition.js';
import { scalarText } from '../definition/meaning.js';
import type { JsonObject, ServiceWiring } from '../model.js';
import type { InVpc, TargetGroup } from '../ports.js';
import type { Finding } from './findings.js';
import type { Subject } from './subject.js';

type Mapping = ServiceWiring['loadBalancers'][number];

/** Containers and ports that the service's load balancers name must be in the definition. */
export function loadBalancerFindings({ definition, wiring }: Subject): readonly Finding[] {
  return wiring.loadBalancers.flatMap((mapping): readonly Finding[] => {
    const container = findContainer(definition, mapping.container);
    if (container === undefined) {
      return [
        {
          code: 'load-balancer-container',
          place: placeOf(mapping),
          message: `names container "${mapping.container}", which is not in the definition`,
          hint: `containers: ${containerNames(definition).join(', ')}`,
        },
      ];
    }
    const { port } = mapping;
    if (port === undefined || mappingOf(container, port) !== undefined) return [];
    const ports = portsOf(container).map((one) =>
      scalarText(one['containerPort'] ?? one['containerPortRange']),
    );
    return [
      {
        code: 'load-balancer-port',
        place: placeOf(mapping),
        message: `sends to port ${port} of container "${mapping.container}", which maps ${ports.length === 0 ? 'none' : ports.join(', ')}`,
        hint: `add the port to portMappings of "${mapping.container}", or change the service's load balancer`,
      },
    ];
  });
}

/**
 * A target group must take what the tasks are: addresses with awsvpc, instances otherwise, and the
 * protocol that the container's port speaks (Developer Guide, "Use load balancing to distribute
 * Amazon ECS service traffic"). Its own port does not matter: ECS registers each target with the
 * container's or the host's.
 */
export function targetGroupFindings(
  { definition }: Subject,
  mapping: Mapping,
  arn: string,
  group: TargetGroup | undefined,
  vpcId: string | undefined,
): readonly Finding[] {
  const finding = (code: string, message: string, hint?: string): Finding => ({
    code,
    place: targetGroupPlace(arn),
    message,
    ...(hint === undefined ? {} : { hint }),
  });
  if (group === undefined)
    return [finding('target-group-missing', 'there is no such target group')];
  const findings: Finding[] = [];
  const wanted = textOf(definition['networkMode']) === 'awsvpc' ? 'ip' : 'instance';
  if (group.targetType !== wanted) {
    findings.push(
      finding(
        'target-group-type',
        `has target type ${group.targetType}, and network mode ${textOf(definition['networkMode']) ?? 'bridge'} needs ${wanted}`,
        'the type cannot be changed: make a new target group',
      ),
    );
  }
  const container = findContainer(definition, mapping.container);
  const port =
    container && mapping.port !== undefined ? mappingOf(container, mapping.port) : undefined;
  const protocol = textOf(port?.['protocol']) ?? 'tcp';
  if (port !== undefined && !speaks(group.protocol, protocol)) {
    findings.push(
      finding(
        'target-group-protocol',
        `speaks ${group.protocol ?? ''}, and port ${mapping.port ?? 0} of container "${mapping.container}" is ${protocol}`,
      ),
    );
  }
  if (vpcId !== undefined && group.vpcId !== undefined && group.vpcId !== vpcId) {
    findings.push(
      finding(
        'target-group-vpc',
        `is in ${group.vpcId}, and the service's subnets are in ${vpcId}`,
      ),
    );
  }
  return findings;
}

function speaks(groupProtocol: string | undefined, protocol: string): boolean {
  if (groupProtocol === undefined || groupProtocol === 'TCP_UDP') return true;
  return (groupProtocol === 'UDP') === (protocol === 'udp');
}

/** What the service's network names must exist, in one VPC. */
export function networkFindings(
  kind: 'subnet' | 'security-group',
  wanted: readonly string[],
  found: readonly InVpc[],
): readonly Finding[] {
  const place = `service.networkConfiguration.${kind === 'subnet' ? 'subnets' : 'securityGroups'}`;
  return wanted
    .filter((id) => !found.some((one) => one.id === id))
    .map((id) => ({ code: `${kind}-missing`, place, message: `there is no ${id}` }));
}

export function vpcFindings(found: readonly InVpc[]): readonly Finding[] {
  const vpcs = [...new Set(found.map(({ vpcId }) => vpcId))];
  if (vpcs.length < 2) return [];
  const which = vpcs.map(
    (vpc) => `${vpc}: ${found.flatMap((one) => (one.vpcId === vpc ? one.id : [])).join(', ')}`,
  );
  return [
    {
      code: 'vpc-mixed',
      place: 'service.networkConfiguration',
      message: `subnets and security groups are in several VPCs (${which.join('; ')})`,
    },
  ];
}

/** `service.loadBalancers.targetgroup/<name>/<id>` */
export function targetGroupPlace(arn: string): string {
  return `service.loadBalancers.${arn.slice(arn.lastIndexOf(':') + 1)}`;
}

function placeOf({ container, port }: Mapping): string {
  return `service.loadBalancers.${container}:${port ?? ''}`;
}

function portsOf(container: JsonObject): readonly JsonObject[] {
  return asArray(container['portMappings']).filter(isObject);
}

function mappingOf(container: JsonObject, port: number): JsonObject | undefined {
  return portsOf(container).find((mapping) => {
    if (mapping['containerPort'] === port) return true;
    const [from = NaN, to = NaN] = (textOf(mapping['containerPortRange']) ?? '')
      .split('-')
      .map(Number);
    return from <= port && port <= to;
  });
}
