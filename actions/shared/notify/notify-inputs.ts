import type { InputReader } from '../inputs.js';
import type { NotifyOn } from './notice.js';

/** Whether and where a chat is told. */
export interface NotifyInputs {
  /** Address of the webhook, a secret; absent: nobody is told. */
  readonly webhook: string | undefined;
  /** Hosts besides Slack's own that the webhook may be at. */
  readonly hosts: readonly string[];
  readonly on: NotifyOn;
}

/** What an action's inputs have beside those of its commands. */
export interface NotifyingInputs {
  readonly notify: NotifyInputs;
}

/**
 * Reads `slack-webhook`, `slack-webhook-host` and `notify-on`. What is wrong with the webhook itself
 * is no problem of the inputs: a secret that somebody has set badly must not keep a rollback from
 * being run (`openNotifier` warns).
 */
export function readNotify(reader: InputReader): NotifyInputs {
  const hosts = reader.list('slack-webhook-host');
  for (const host of hosts.filter((one) => !/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d+)?$/i.test(one))) {
    reader.problem(
      'slack-webhook-host',
      'input-malformed',
      `${JSON.stringify(host)} is not a host`,
      'such as chat.example.com, without https:// and path',
    );
  }
  return {
    webhook: reader.text('slack-webhook'),
    hosts,
    on: reader.oneOf('notify-on', ['all', 'attention', 'failures'], 'all'),
  };
}
