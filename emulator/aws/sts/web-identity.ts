import { createLocalJWKSet, decodeJwt, errors, jwtVerify } from 'jose';
import type { JSONWebKeySet, JWTPayload } from 'jose';
import { AwsError } from '../../aws-error.js';
import type { OpenIdProvider } from './iam.js';
import type { ConditionContext } from '../policy.js';

/** An issuer of identity tokens whose keys are at hand. */
export interface TokenIssuer {
  readonly issuerUrl: string;
  jwks(): JSONWebKeySet;
}

/** The identity providers of the role's account. */
export interface IdentityProviders {
  openIdProvider(url: string): Promise<OpenIdProvider | undefined>;
}

export interface WebIdentity {
  readonly subject: string;
  readonly audience: string;
  readonly provider: OpenIdProvider;
  readonly context: ConditionContext;
}

/**
 * GitHub claims that STS offers as condition keys beside `sub` and `aud` (IAM User Guide, "IAM
 * and AWS STS condition context keys", web identity federation; announced 2026-01). Any other
 * claim is not in the context, so a condition on it never holds.
 */
const CLAIM_KEYS = [
  ...['sub', 'aud', 'amr', 'actor', 'actor_id', 'job_workflow_ref', 'repository'],
  ...['repository_id', 'workflow', 'ref', 'environment', 'enterprise_id'],
];

/**
 * Verifies an identity token the way STS does: an IAM identity provider for its issuer, the
 * signature, the times, and an audience among the provider's client ids.
 *
 * Throws AwsError `InvalidIdentityToken` or `ExpiredTokenException` (STS API reference,
 * AssumeRoleWithWebIdentity, errors).
 */
export async function verifyWebIdentity(
  token: string,
  issuers: readonly TokenIssuer[],
  iam: IdentityProviders,
): Promise<WebIdentity> {
  const issuerUrl = decode(token).iss ?? '';
  const url = issuerUrl.replace(/^https?:\/\//, '');
  const provider = url === '' ? undefined : await iam.openIdProvider(url);
  if (!provider) throw invalid(`No OpenIDConnect provider found in your account for ${issuerUrl}`);

  const issuer = issuers.find((candidate) => candidate.issuerUrl === issuerUrl);
  if (!issuer) {
    throw invalid(
      "Couldn't retrieve verification key from your identity provider, please reference " +
        'AssumeRoleWithWebIdentity documentation for requirements',
    );
  }
  const claims = await verify(token, issuer);
  const audiences = [claims.aud ?? []].flat();
  const audience = audiences.find((candidate) => provider.clientIds.includes(candidate));
  if (audience === undefined) throw invalid('Incorrect token audience');
  if (claims.sub === undefined) throw invalid('Missing a required claim: sub');
  return { subject: claims.sub, audience, provider, context: conditionContext(url, claims) };
}

/** The condition keys a token's claims become, prefixed with the provider's URL. */
export function conditionContext(providerUrl: string, claims: JWTPayload): ConditionContext {
  const context = new Map<string, readonly string[]>();
  for (const key of CLAIM_KEYS) {
    const claim = claims[key];
    if (claim === undefined || claim === null || claim === '') continue;
    const values = (Array.isArray(claim) ? claim : [claim]).map(String);
    context.set(`${providerUrl}:${key}`.toLowerCase(), values);
  }
  return context;
}

function decode(token: string): JWTPayload {
  try {
    return decodeJwt(token);
  } catch {
    throw invalid('The ID Token provided is not a valid JWT');
  }
}

async function verify(token: string, issuer: TokenIssuer): Promise<JWTPayload> {
  try {
    const keys = createLocalJWKSet(issuer.jwks());
    return (await jwtVerify(token, keys, { issuer: issuer.issuerUrl })).payload;
  } catch (error) {
    if (error instanceof errors.JWTExpired) {
      throw new AwsError('ExpiredTokenException', 'Token expired: it is past its expiration time');
    }
    throw invalid('The signature or the claims of the token are not valid');
  }
}

function invalid(message: string): AwsError {
  return new AwsError('InvalidIdentityToken', message);
}
