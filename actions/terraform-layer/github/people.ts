/** Somebody's review of a pull request. */
export interface Review {
  readonly author: Person;
  readonly state: 'approved' | 'changes-requested' | 'dismissed' | 'commented' | 'pending';
  readonly commitSha: string | undefined;
  /** ISO 8601. */
  readonly submittedAt: string;
}

/** An account; `login` is empty where it is gone. */
export interface Person {
  readonly login: string;
  readonly kind: 'user' | 'bot';
}

/** A label put on a pull request or taken off it. */
export interface LabelEvent {
  readonly label: string;
  readonly event: 'labeled' | 'unlabeled';
  readonly actor: Person;
  /** ISO 8601. */
  readonly at: string;
}

/** Who pushed the head, and when; from GitHub's own log of pushes, not from the commit. */
export interface Push {
  readonly by: Person;
  /** ISO 8601. */
  readonly at: string;
}

/** A pull request whose reviews and labels are asked for. */
export interface ReviewedPull {
  readonly number: number;
  readonly headSha: string;
  readonly headRef: string;
  readonly author: string;
  readonly fromFork: boolean;
}

/** What GitHub knows about people and one repository. */
export interface People {
  /** Whether they may push: roles `write`, `maintain` and `admin`, and custom ones over them. */
  mayWrite(login: string): Promise<boolean>;
  /** Oldest first. */
  reviewsOf(pullNumber: number): Promise<readonly Review[]>;
  /** Names of the labels that are on it now. */
  labelsOf(pullNumber: number): Promise<readonly string[]>;
  /** Oldest first. */
  labelEventsOf(pullNumber: number): Promise<readonly LabelEvent[]>;
  /** Undefined where GitHub has no record of it, as for a fork's branch. */
  pushOf(pull: ReviewedPull): Promise<Push | undefined>;
  /** Accounts that a pull request's commits name as author or committer. */
  committersOf(pullNumber: number): Promise<readonly string[]>;
}

/** Logins know no case. */
export function samePerson(left: string, right: string): boolean {
  return left !== '' && left.toLowerCase() === right.toLowerCase();
}
