import { GetAuthorizationTokenCommand } from '@aws-sdk/client-ecr';
import { OperationError } from '../../shared/errors.js';
import type { Secrets } from '../../shared/secrets.js';
import type { Tokens } from '../ecr.js';
import type { Calls } from './calls.js';

/** `Tokens` over the AWS SDK; every token is masked before it is handed on. */
export function ecrTokens({ client, abort, call }: Calls, secrets: Secrets): Tokens {
  return {
    async login() {
      const command = new GetAuthorizationTokenCommand({});
      const answer = await call('GetAuthorizationToken', '', () => client.send(command, abort));
      const [data] = answer.authorizationData ?? [];
      const token = data?.authorizationToken ?? '';
      const pair = Buffer.from(token, 'base64').toString();
      const [username, password] = [
        pair.slice(0, pair.indexOf(':')),
        pair.slice(pair.indexOf(':') + 1),
      ];
      if (password === '') {
        throw new OperationError('ecr-failed', 'ECR gave no authorization token');
      }
      secrets.add(token);
      secrets.add(password);
      const registry = (data?.proxyEndpoint ?? '').replace(/^https?:\/\//, '');
      return { registry, username, password };
    },
  };
}
