import { processEnv } from '../shared/env.js';
import { toError } from '../shared/errors.js';
import { readGithubContext } from '../shared/github-context.js';
import { githubIdToken } from '../shared/oidc.js';
import { createSecrets } from '../shared/secrets.js';
import {
  awsSession,
  credentialProcessAnswer,
  readSessionRequest,
} from './terraform/aws-session.js';

/** The `credential_process` of Terraform and its providers: prints one session as JSON. */
async function main(): Promise<void> {
  const answer = process.stdout.write.bind(process.stdout);
  // The toolkit writes workflow commands (`::debug::`, `::add-mask::`) to standard output, where
  // the SDK reads one JSON document and nothing else.
  process.stdout.write = () => true;
  const session = await awsSession(await readSessionRequest(process.argv[2] ?? ''), {
    fetchIdToken: githubIdToken(processEnv),
    // Standard output is the SDK's: nothing is masked there.
    secrets: createSecrets(() => undefined),
    github: readGithubContext(processEnv),
    now: Date.now,
  });
  answer(credentialProcessAnswer(session));
}

main().catch((thrown: unknown) => {
  process.stderr.write(`${toError(thrown).message}\n`);
  process.exitCode = 1;
});
