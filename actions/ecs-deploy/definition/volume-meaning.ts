import type { Json, JsonObject } from '../model.js';
import { isObject } from './task-definition.js';

/**
 * A volume with the defaults of its kind (API reference, "EFSVolumeConfiguration",
 * "EFSAuthorizationConfig", "S3FilesVolumeConfiguration"): "specifying / will have the same effect
 * as omitting this parameter"; "if this parameter is omitted, the default value of DISABLED is
 * used".
 */
export function normalizedVolume(volume: Json): Json {
  if (!isObject(volume)) return volume;
  return {
    ...volume,
    ...part(volume, 'efsVolumeConfiguration', (efs) => ({
      rootDirectory: '/',
      transitEncryption: 'DISABLED',
      ...efs,
      ...part(efs, 'authorizationConfig', (authorization) => ({
        iam: 'DISABLED',
        ...authorization,
      })),
    })),
    ...part(volume, 's3filesVolumeConfiguration', (s3) => ({ rootDirectory: '/', ...s3 })),
    configuredAtLaunch: volume['configuredAtLaunch'] ?? false,
  };
}

function part(
  object: JsonObject,
  key: string,
  complete: (value: JsonObject) => JsonObject,
): JsonObject {
  const value = object[key];
  // An authorization without anything in it is none.
  if (!isObject(value) || Object.keys(value).length === 0) return {};
  return { [key]: complete(value) };
}
