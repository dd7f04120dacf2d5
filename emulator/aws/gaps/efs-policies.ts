import { AwsError } from '../../aws-error.js';
import { jsonInput, type Handler } from '../call.js';

/**
 * The gaps: moto knows the backup policy of a file system from its creation alone, and cannot delete a
 * file system policy.
 *
 * The first is kept here by file system from its first change on, of the second that it is gone
 * (Amazon EFS API reference, "PutBackupPolicy", "DeleteFileSystemPolicy").
 */
export function createEfsPolicies(): Handler {
  const backups = new Map<string, string>();
  const withoutPolicy = new Set<string>();

  return {
    handles: ({ service, operation }) =>
      service === 'elasticfilesystem' &&
      [
        ...['PutBackupPolicy', 'DescribeBackupPolicy', 'DeleteFileSystem'],
        ...['PutFileSystemPolicy', 'DescribeFileSystemPolicy', 'DeleteFileSystemPolicy'],
      ].includes(operation),

    async answer(call) {
      const fileSystem = /file-systems\/([^/]+)/.exec(call.head.path)?.[1] ?? '';
      switch (call.identity.operation) {
        case 'PutBackupPolicy': {
          const { BackupPolicy } = jsonInput(call) as {
            readonly BackupPolicy?: { readonly Status?: string };
          };
          const status = BackupPolicy?.Status ?? 'DISABLED';
          backups.set(fileSystem, status);
          return backupPolicy(status);
        }
        case 'DescribeBackupPolicy': {
          const status = backups.get(fileSystem);
          if (status !== undefined) return backupPolicy(status);
          break;
        }
        case 'DeleteFileSystemPolicy':
          withoutPolicy.add(fileSystem);
          return json({});
        case 'DescribeFileSystemPolicy':
          if (!withoutPolicy.has(fileSystem)) break;
          throw new AwsError('PolicyNotFound', 'The file system has no policy.', 404);
        case 'PutFileSystemPolicy':
          withoutPolicy.delete(fileSystem);
          break;
        case 'DeleteFileSystem':
          backups.delete(fileSystem);
          withoutPolicy.delete(fileSystem);
      }
      return { kind: 'response', response: await call.forward() };
    },

    reset: () => {
      backups.clear();
      withoutPolicy.clear();
    },
  };
}

function backupPolicy(status: string) {
  return json({ BackupPolicy: { Status: status } });
}

function json(result: unknown) {
  const headers = { 'content-type': 'application/json' };
  const body = Buffer.from(JSON.stringify(result));
  return { kind: 'response' as const, response: { status: 200, headers, body } };
}
