import { escapeXml } from '../answer.js';
import { AwsError } from '../../aws-error.js';
import { formInput, type Handler } from '../call.js';

const NAMESPACE = 'http://elasticache.amazonaws.com/doc/2015-02-02/';

/**
 * The gaps: moto names the members of a replication group and knows no such clusters; a group that is
 * deleted stays "deleting" for ever; and a subnet group cannot be deleted.
 *
 * They are what their group was made with, and available at once (Amazon ElastiCache API reference,
 * "CacheCluster"). Changes of a group do not reach them.
 */
export function createElasticache(): Handler {
  const groups = new Map<string, URLSearchParams>();
  const deleted = new Set<string>();

  return {
    handles: ({ service, operation }) =>
      service === 'elasticache' &&
      [
        ...['CreateReplicationGroup', 'DeleteReplicationGroup', 'DescribeReplicationGroups'],
        ...['CreateCacheSubnetGroup', 'DeleteCacheSubnetGroup', 'DescribeCacheSubnetGroups'],
        'DescribeCacheClusters',
      ].includes(operation),

    async answer(call) {
      const form = formInput(call);
      const id = form.get('CacheClusterId') ?? '';
      const group = groups.get(/^(.*)-\d{3}$/.exec(id)?.[1] ?? '');
      if (call.identity.operation === 'DescribeCacheClusters' && group !== undefined) {
        const result = `<CacheClusters>${clusterOf(id, group)}</CacheClusters>`;
        return { kind: 'query', namespace: NAMESPACE, result };
      }
      const subnets = `subnets ${form.get('CacheSubnetGroupName') ?? ''}`;
      if (call.identity.operation === 'DeleteCacheSubnetGroup') {
        deleted.add(subnets);
        return { kind: 'query', namespace: NAMESPACE, result: '' };
      }
      if (call.identity.operation === 'DescribeCacheSubnetGroups' && deleted.has(subnets)) {
        throw new AwsError('CacheSubnetGroupNotFoundFault', `${subnets} not found.`, 404);
      }
      const name = form.get('ReplicationGroupId') ?? '';
      if (call.identity.operation === 'DescribeReplicationGroups' && deleted.has(name)) {
        throw new AwsError('ReplicationGroupNotFoundFault', `${name} not found.`, 404);
      }
      const response = await call.forward();
      if (response.status < 300) {
        if (call.identity.operation === 'CreateCacheSubnetGroup') deleted.delete(subnets);
        if (call.identity.operation === 'CreateReplicationGroup') {
          groups.set(name, form);
          deleted.delete(name);
        }
        if (call.identity.operation === 'DeleteReplicationGroup') {
          groups.delete(name);
          deleted.add(name);
        }
      }
      return { kind: 'response', response };
    },

    reset: () => {
      groups.clear();
      deleted.clear();
    },
  };
}

function clusterOf(id: string, group: URLSearchParams): string {
  const field = (name: string, value: string | null): string =>
    value === null ? '' : `<${name}>${escapeXml(value)}</${name}>`;
  const securityGroups = [...group]
    .filter(([name]) => name.startsWith('SecurityGroupIds.'))
    .map(
      ([, value]) =>
        `<member>${field('SecurityGroupId', value)}${field('Status', 'active')}</member>`,
    );
  return (
    '<CacheCluster>' +
    field('CacheClusterId', id) +
    field('CacheClusterStatus', 'available') +
    field('ReplicationGroupId', group.get('ReplicationGroupId')) +
    field('CacheNodeType', group.get('CacheNodeType')) +
    field('Engine', group.get('Engine')) +
    // AWS gives three numbers where two were asked for.
    field('EngineVersion', `${group.get('EngineVersion') ?? '7.1'}.0`) +
    field('AutoMinorVersionUpgrade', group.get('AutoMinorVersionUpgrade') ?? 'true') +
    field('CacheSubnetGroupName', group.get('CacheSubnetGroupName')) +
    field('SnapshotRetentionLimit', group.get('SnapshotRetentionLimit') ?? '0') +
    field('AtRestEncryptionEnabled', group.get('AtRestEncryptionEnabled') ?? 'false') +
    field('TransitEncryptionEnabled', group.get('TransitEncryptionEnabled') ?? 'false') +
    field('SnapshotWindow', '03:00-04:00') +
    field('PreferredMaintenanceWindow', 'sun:05:00-sun:06:00') +
    `<CacheParameterGroup>${field('CacheParameterGroupName', 'default.redis7')}</CacheParameterGroup>` +
    `<SecurityGroups>${securityGroups.join('')}</SecurityGroups>` +
    '</CacheCluster>'
  );
}
