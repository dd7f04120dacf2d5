import { validate } from '@actions/languageservice';
import { parse } from 'yaml';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { ownPath, type ReadOwn } from './release-references.js';

/** What is wrong with a workflow or an `action.yml`, and where. */
export interface WorkflowProblem {
  readonly path: string;
  /** From 1. */
  readonly line: number;
  readonly message: string;
}

/** Severities of the Language Server Protocol: 1 is an error, 2 a warning, then come hints. */
const errorsAndWarnings = 2;

/**
 * Judges a workflow or an `action.yml` as GitHub's own editors do (npm `@actions/languageservice`).
 *
 * Reusable workflows and actions of `org/infra-actions@v1` are those that `readOwn` gives; of other
 * actions nothing is known here, so that their inputs are not judged.
 */
export async function parserProblems(
  path: string,
  text: string,
  readOwn: ReadOwn,
): Promise<readonly WorkflowProblem[]> {
  const document = TextDocument.create(`file:///${path}`, 'yaml', 1, text);
  const found = await validate(document, {
    fileProvider: {
      getFileContent: async (reference) => {
        const uses =
          'repository' in reference
            ? `${reference.owner}/${reference.repository}/${reference.path}@${reference.version}`
            : undefined;
        const own = uses === undefined ? reference.path : ownPath(uses);
        if (own === undefined) throw new Error(`${uses ?? ''} is not of this repository`);
        return { name: own, content: await readOwn(own) };
      },
    },
    actionsMetadataProvider: {
      fetchActionMetadata: async ({ owner, name, path: folder, ref }) => {
        const own = ownPath(`${owner}/${name}/${folder ?? ''}@${ref}`);
        // Without inputs, nothing is said of those that are passed.
        if (own === undefined) return { name, description: '' };
        return parse(await readOwn(own)) as Awaited<
          ReturnType<NonNullable<ActionsMetadata>['fetchActionMetadata']>
        >;
      },
    },
  });
  return found
    .filter(({ severity }) => severity === undefined || severity <= errorsAndWarnings)
    .map(({ range, message }) => ({
      path,
      line: range.start.line + 1,
      message: typeof message === 'string' ? message : message.value,
    }));
}

type ActionsMetadata = NonNullable<Parameters<typeof validate>[1]>['actionsMetadataProvider'];
