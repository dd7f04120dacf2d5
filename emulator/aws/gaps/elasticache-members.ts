import { escapeXml } from '../answer.js';
import type { Handler } from '../call.js';

const NAMESPACE = 'http://elasticache.amazonaws.com/doc/2015-02-02/';

/**
 * The gap: moto names the members of a replication group and knows no such clusters.
 *
 * They are what their group was made with, and available at once (Amazon ElastiCache API reference,
 * "CacheCluster"). Changes of a group do not reach them.
 */
export function createElasticacheMembers(): Handler {
  const groups = new Map<string, URLSearchParams>();

  return {
    handles: ({ service, operation }) =>
      service === 'elasticache' &&
      ['CreateReplicationGroup', 'DeleteReplicationGroup', 'DescribeCacheClusters'].includes(
        operation,
      ),

    async answer(call) {
      const form = call.head.form ?? call.head.query;
      const id = form.get('CacheClusterId') ?? '';
      const group = groups.get(/^(.*)-\d{3}$/.exec(id)?.[1] ?? '');
      if (call.identity.operation === 'DescribeCacheClusters' && group !== undefined) {
        const result = `<CacheClusters>${clusterOf(id, group)}</CacheClusters>`;
        return { kind: 'query', namespace: NAMESPACE, result };
      }
      const response = await call.forward();
      const name = form.get('ReplicationGroupId') ?? '';
      if (response.status < 300) {
        if (call.identity.operation === 'CreateReplicationGroup') groups.set(name, form);
        if (call.identity.operation === 'DeleteReplicationGroup') groups.delete(name);
      }
      return { kind: 'response', response };
    },

    reset: () => {
      groups.clear();
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
