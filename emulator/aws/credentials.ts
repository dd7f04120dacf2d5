import { AwsError } from '../aws-error.js';
import type { Identity } from './identify.js';
import type { Caller, Sessions } from './sts/sessions.js';

/** Services and operations that take unsigned calls. */
function takesUnsigned(identity: Identity): boolean {
  return (
    identity.service === 's3' ||
    identity.service === 'cognito-idp' ||
    identity.operation === 'AssumeRoleWithWebIdentity' ||
    identity.operation === 'AssumeRoleWithSAML'
  );
}

/**
 * Tells who calls. Throws AwsError, spelled as the service spells it, when the credentials are
 * missing, unknown or over ("Common errors" of the services' API references, "Amazon S3 error
 * responses", "EC2 API error codes").
 */
export function authenticate(identity: Identity, sessions: Sessions): Caller {
  if (identity.accessKeyId === undefined && !takesUnsigned(identity)) {
    const code =
      identity.protocol === 'json'
        ? 'MissingAuthenticationTokenException'
        : 'MissingAuthenticationToken';
    throw new AwsError(code, 'Missing Authentication Token', 403);
  }
  try {
    return sessions.identify(identity.accessKeyId, identity.sessionToken);
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    throw inServiceWords(identity, error);
  }
}

function inServiceWords(identity: Identity, error: AwsError): AwsError {
  const expired = error.code === 'ExpiredToken';
  if (identity.service === 's3') {
    const code = expired ? 'ExpiredToken' : 'InvalidAccessKeyId';
    return new AwsError(code, error.message, expired ? 400 : 403);
  }
  switch (identity.protocol) {
    case 'json':
      return new AwsError(
        expired ? 'ExpiredTokenException' : 'UnrecognizedClientException',
        error.message,
      );
    case 'ec2':
      return new AwsError(expired ? 'RequestExpired' : 'AuthFailure', error.message, 401);
    case 'rest':
      return new AwsError(
        expired ? 'ExpiredTokenException' : 'UnrecognizedClientException',
        error.message,
        403,
      );
    case 'query':
      return error;
  }
}
