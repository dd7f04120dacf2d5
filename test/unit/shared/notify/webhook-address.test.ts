import { createSecrets } from '../../../../actions/shared/secrets.js';
import { maskWebhook, webhookAddress } from '../../../../actions/shared/notify/webhook-address.js';

const slack = 'https://hooks.slack.com/services/T00000000/B00000000/abcdefghijklmnop12345678';

describe('the address of a webhook', () => {
  it.each([
    [slack, []],
    [slack.replace('slack.com', 'slack-gov.com'), []],
    ['https://chat.example.com/hooks/abcdefghijklmnopqrstuvwxyz', ['chat.example.com']],
    ['https://Chat.example.com:8443/hooks/abcdefghijklmn', ['CHAT.example.com:8443']],
    ['http://127.0.0.1:4000/services/a', []],
    ['http://[::1]:4000/services/a', []],
  ])('%s may be sent to, with %j named', (address, hosts) => {
    expect(webhookAddress(address, hosts).kind).toBe('allowed');
  });

  it.each([
    ['not-an-address', []],
    [slack.replace('https', 'http'), []],
    ['https://evil.example/services/T0/B0/x', []],
    ['https://hooks.slack.com.evil.example/services/T0/B0/x', []],
    ['https://hooks.slack.com@evil.example/services/T0/B0/x', []],
    ['https://user:word@hooks.slack.com/services/T0/B0/x', []],
    ['https://hooks.slack.com:8443/services/T0/B0/x', []],
    ['https://chat.example.com:8443/hooks/x', ['chat.example.com']],
    ['http://chat.example.com/hooks/x', ['chat.example.com']],
    ['http://127.0.0.1.evil.example/services/x', []],
    ['http://localhost/services/x', []],
    ['ftp://127.0.0.1/services/x', []],
  ])('%s may not, with %j named, and the reason does not give it away', (address, hosts) => {
    const judged = webhookAddress(address, hosts);
    expect(judged.kind).toBe('refused');
    expect(JSON.stringify(judged)).not.toContain(address);
  });

  it('is masked whole, as its path, and as the last part alone', () => {
    const masked: string[] = [];
    maskWebhook(
      slack,
      createSecrets((value) => masked.push(value)),
    );
    expect(masked).toContain(slack);
    expect(masked).toContain('/services/T00000000/B00000000/abcdefghijklmnop12345678');
    expect(masked).toContain('abcdefghijklmnop12345678');
  });

  it('that is short masks no word that stands elsewhere too', () => {
    const masked: string[] = [];
    maskWebhook(
      'https://chat.example.com/hooks',
      createSecrets((value) => masked.push(value)),
    );
    expect(masked).toEqual(['https://chat.example.com/hooks']);
  });
});
