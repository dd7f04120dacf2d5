import type { RequestHead } from '../../../emulator/aws/identify.js';
import { identify } from '../../../emulator/aws/identify.js';

const rest = { name: () => 'RestOperation' };

function head(overrides: Partial<RequestHead> & { query?: URLSearchParams }): RequestHead {
  return {
    method: 'POST',
    path: '/',
    query: new URLSearchParams(),
    headers: {},
    form: undefined,
    ...overrides,
  };
}

function signed(service: string, region = 'us-east-1', key = 'AKIA1'): string {
  return `AWS4-HMAC-SHA256 Credential=${key}/20260101/${region}/${service}/aws4_request, SignedHeaders=host, Signature=0`;
}

describe('what a request asks for', () => {
  it('is service and region of the signature, and the operation of X-Amz-Target', () => {
    const identity = identify(
      head({
        headers: {
          authorization: signed('ecs', 'eu-central-1'),
          'x-amz-target': 'AmazonEC2ContainerServiceV20141113.UpdateService',
          'x-amz-security-token': 'token',
        },
      }),
      'eu-west-1',
      rest,
    );
    expect(identity).toEqual({
      service: 'ecs',
      operation: 'UpdateService',
      protocol: 'json',
      region: 'eu-central-1',
      accessKeyId: 'AKIA1',
      sessionToken: 'token',
    });
  });

  it('is the Action of a form', () => {
    const form = new URLSearchParams({ Action: 'GetRole' });
    const headers = { authorization: signed('iam') };
    expect(identify(head({ headers, form }), 'eu-west-1', rest)).toMatchObject({
      service: 'iam',
      operation: 'GetRole',
      protocol: 'query',
    });
  });

  it('tells the EC2 protocol from other forms', () => {
    const form = new URLSearchParams({ Action: 'DescribeVpcs' });
    const headers = { authorization: signed('ec2') };
    expect(identify(head({ headers, form }), 'eu-west-1', rest).protocol).toBe('ec2');
  });

  it('knows the unsigned web identity call', () => {
    const form = new URLSearchParams({ Action: 'AssumeRoleWithWebIdentity' });
    expect(identify(head({ form }), 'eu-west-1', rest)).toMatchObject({
      service: 'sts',
      accessKeyId: undefined,
      region: 'eu-west-1',
    });
  });

  it('reads a presigned query', () => {
    const query = new URLSearchParams({
      'X-Amz-Credential': 'AKIA2/20260101/eu-north-1/s3/aws4_request',
    });
    const identity = identify(head({ method: 'GET', path: '/b/k', query }), 'eu-west-1', rest);
    expect(identity).toMatchObject({
      service: 's3',
      operation: 'RestOperation',
      protocol: 'rest',
      region: 'eu-north-1',
      accessKeyId: 'AKIA2',
    });
  });

  it('falls back to the target for an unsigned JSON call, and to S3 for any other', () => {
    const headers = { 'x-amz-target': 'AmazonSSM.GetParameter' };
    expect(identify(head({ headers }), 'eu-west-1', rest).service).toBe('ssm');
    expect(identify(head({ method: 'GET' }), 'eu-west-1', rest).service).toBe('s3');
  });

  it('takes access keys that hold slashes', () => {
    const headers = { authorization: signed('sqs', 'eu-west-1', 'a/b'), 'x-amz-target': 'X.Y' };
    expect(identify(head({ headers }), 'eu-west-1', rest).accessKeyId).toBe('a/b');
  });
});
