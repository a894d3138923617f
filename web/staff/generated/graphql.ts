// Made by generate.js from schema.graphqls and operations.graphql. Do not edit.

/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { TypedDocumentNode as DocumentNode } from '@graphql-typed-document-node/core';
import { gql } from '@urql/core';
/** A messaging product. */
export type ChannelType =
  /** The chat widget on a website. */
  | 'HTML_EMBED'
  /** Facebook Messenger. */
  | 'FACEBOOK'
  /** Instagram direct messages. */
  | 'INSTAGRAM'
  /** A Telegram bot. */
  | 'TELEGRAM'
  /** WhatsApp Business. */
  | 'WHATSAPP'
  /** TikTok direct messages. */
  | 'TIKTOK';

/** A field that was edited. */
export type AuditField =
  /** The name of a contact or a channel. */
  | 'NAME'
  /** A contact's email. */
  | 'EMAIL'
  /** A contact's phone. */
  | 'PHONE'
  /** A contact's notes. */
  | 'NOTES'
  /** A session's status. */
  | 'STATUS'
  /** A session's tag. */
  | 'TAG'
  /** How many messages of a session are unread. */
  | 'UNREAD_COUNT'
  /** Whether a channel accepts messages. */
  | 'ACTIVE'
  /** The sites whose pages may contain a channel's chat widget. */
  | 'ALLOWED_DOMAINS'
  /** Whether a channel accepts messages only from visitors whose identity the site has signed. */
  | 'REQUIRE_SIGNED_IDENTITY'
  /** A channel's access token was set or removed. */
  | 'ACCESS_TOKEN'
  /** Any other of a channel's secrets was set, generated or removed. */
  | 'SECRET'
  /** The URL of a webhook endpoint. */
  | 'URL'
  /** The events that a webhook endpoint gets. */
  | 'EVENTS'
  /** The description of a webhook endpoint. */
  | 'DESCRIPTION'
  /** Whether a webhook endpoint is switched on. */
  | 'ENABLED'
  /** The display name of the workspace. */
  | 'DISPLAY_NAME'
  /** The country of the workspace's phone numbers without a country code. */
  | 'DEFAULT_REGION'
  /** Who may export lists of contacts. */
  | 'EXPORT_ROLE'
  /** Whom emails and phone numbers are masked for. */
  | 'MASKED_FOR'
  /** How long the history of contacts is kept. */
  | 'HISTORY_DAYS'
  /** How long the audit log is kept. */
  | 'AUDIT_DAYS'
  /** How long items are kept that could not be recorded. */
  | 'FAILURE_DAYS';

/** What a person did. */
export type AuditAction =
  /** Uploaded a file of contacts to import. */
  | 'CONTACTS_IMPORTED'
  /** Cancelled an import. */
  | 'IMPORT_CANCELLED'
  /** Created a contact, from another system. */
  | 'CONTACT_CREATED'
  /** Changed fields of a contact. */
  | 'CONTACT_EDITED'
  /** Deleted a contact. */
  | 'CONTACT_DELETED'
  /** Exported everything that is stored about a contact. */
  | 'CONTACT_EXPORTED'
  /** Exported a list of contacts. */
  | 'CONTACTS_EXPORTED'
  /** Merged a contact into another. */
  | 'CONTACT_MERGED'
  /** Undid a merge, so that a merged contact came back. */
  | 'MERGE_UNDONE'
  /** Split identities or sessions off a contact. */
  | 'CONTACT_SPLIT'
  /** Dismissed a pair of contacts as two different people. */
  | 'DUPLICATES_DISMISSED'
  /** Changed a session's status or tag, or marked it read. */
  | 'SESSION_EDITED'
  /** Created a channel. */
  | 'CHANNEL_CREATED'
  /** Changed fields of a channel, or its secret. */
  | 'CHANNEL_EDITED'
  /** Saw a channel's verify token. */
  | 'VERIFY_TOKEN_READ'
  /** Replayed a failed message. */
  | 'FAILURE_REPLAYED'
  /** Dismissed a failed message. */
  | 'FAILURE_DISMISSED'
  /** Signed out of the staff pages. */
  | 'SIGNED_OUT'
  /** Created an API key. */
  | 'API_KEY_CREATED'
  /** Revoked an API key. */
  | 'API_KEY_REVOKED'
  /** Created a webhook endpoint. */
  | 'WEBHOOK_ENDPOINT_CREATED'
  /** Changed a webhook endpoint, or switched it on or off. */
  | 'WEBHOOK_ENDPOINT_EDITED'
  /** Deleted a webhook endpoint. */
  | 'WEBHOOK_ENDPOINT_DELETED'
  /** Gave a webhook endpoint another secret. */
  | 'WEBHOOK_SECRET_ROTATED'
  /** Revoked the former secret of a webhook endpoint. */
  | 'WEBHOOK_FORMER_SECRET_REVOKED'
  /** Had a delivery to a webhook endpoint sent once more. */
  | 'WEBHOOK_REDELIVERED'
  /** Sent a test to a webhook endpoint. */
  | 'WEBHOOK_TESTED'
  /** Changed settings of the workspace. */
  | 'WORKSPACE_EDITED'
  /** Began to delete many contacts. Each deletion has an entry, too. */
  | 'BULK_DELETION_STARTED'
  /** Began to edit many sessions. Each edit has an entry, too. */
  | 'BULK_UPDATE_STARTED'
  /** Cancelled a bulk job. */
  | 'BULK_JOB_CANCELLED';

/** The state of a conversation. */
export type SessionStatus =
  /** Ongoing. */
  | 'ACTIVE'
  /** Handed over to a person. */
  | 'ESCALATED'
  /** Ended. The customer's next message starts a new session. */
  | 'CLOSED'
  /** Ended and archived. The customer's next message starts a new session. */
  | 'ARCHIVED';

/** What a conversation is about. */
export type SessionTag =
  /** A question about a product. */
  | 'PRODUCT_INQUIRY'
  /** Help with a project. */
  | 'PROJECT_GUIDANCE'
  /** The customer asks for a price. */
  | 'PRICING_QUOTE'
  /** Something is not working. */
  | 'TECHNICAL_SUPPORT'
  /** A question about an order. */
  | 'ORDER_STATUS'
  /** The customer is dissatisfied. */
  | 'COMPLAINT'
  /** Anything else. */
  | 'GENERAL';

/** What a credential may do. */
export type Role =
  /** May read what STAFF may read, and change nothing: where a field says STAFF and writes nothing, READER may ask for it too. */
  | 'READER'
  /** May read, edit, merge, split and delete contacts, and see and edit sessions. */
  | 'STAFF'
  /**
   * May do everything that STAFF and CHANNEL may, and manage channels and their failures, export contacts and read the audit
   * log.
   */
  | 'ADMIN'
  /** May only report interactions. */
  | 'CHANNEL';

/** The order of a list of contacts. */
export type ContactOrder = {
  /** What to sort by. */
  field: ContactOrderField;
  /** Ascending or descending. */
  direction?: OrderDirection;
};

/** What a list of contacts can be sorted by. */
export type ContactOrderField =
  /** When the customer last wrote. Not with a search. */
  | 'LAST_ACTIVITY'
  /** The name, ignoring case and accents; contacts without one come last. */
  | 'NAME'
  /** When the contact was created. Not with a search. */
  | 'CREATED'
  /** The email, ignoring case; contacts without one come last. Not with a search. */
  | 'EMAIL'
  /** How well the contact matches. Only with a search. */
  | 'RELEVANCE';

/** The direction of a list. */
export type OrderDirection =
  /** From A to Z, from the oldest, from the best match. */
  | 'ASC'
  /** From Z to A, from the newest, from the weakest match. */
  | 'DESC';

/** Which sessions to include. A session must meet every condition; within one condition, any of the values will do. */
export type SessionFilter = {
  /** Only sessions of this contact, or of the one that it was merged into. */
  contactId?: string | null | undefined;
  /** True: only sessions without a contact. False: only sessions with one. */
  anonymous?: boolean | null | undefined;
  /** True: only sessions with unread messages. False: only sessions without. */
  unread?: boolean | null | undefined;
  /** Only sessions on one of these channels. */
  channelIds?: Array<string> | null | undefined;
  /** Only sessions with one of these statuses. */
  statuses?: Array<SessionStatus> | null | undefined;
  /** Only sessions with one of these tags; null among them means sessions without a tag. */
  tags?: Array<SessionTag | null | undefined> | null | undefined;
  /** Only sessions in which one of these accounts of the workspace was written to; see `channelAccount`. */
  channelAccounts?: Array<string> | null | undefined;
};

/**
 * Which contacts to include. A contact must meet every condition; within one condition, any of the values will do, and an empty
 * list includes no one.
 */
export type ContactFilter = {
  /** Only contacts with an identity on one of these channels. */
  channelIds?: Array<string> | null | undefined;
  /** Only contacts with an identity on a channel of one of these types. */
  channelTypes?: Array<ChannelType> | null | undefined;
  /** True: only contacts with an email. False: only contacts without. */
  hasEmail?: boolean | null | undefined;
  /** True: only contacts with a phone. False: only contacts without. */
  hasPhone?: boolean | null | undefined;
  /** True: only contacts with notes. False: only contacts without. */
  hasNotes?: boolean | null | undefined;
  /** True: only contacts with unread messages. False: only contacts without. */
  hasUnread?: boolean | null | undefined;
  /** True: only contacts with an ACTIVE or ESCALATED session. False: only contacts without. */
  hasOpenSession?: boolean | null | undefined;
  /** Only contacts who last wrote after this time. */
  activeAfter?: string | null | undefined;
  /** Only contacts who last wrote before this time; not those who never did. */
  activeBefore?: string | null | undefined;
  /** Only contacts created after this time. */
  createdAfter?: string | null | undefined;
  /** Only contacts created before this time. */
  createdBefore?: string | null | undefined;
  /** Only contacts with exactly this email, further ones included, in any notation that `updateContact` takes. */
  email?: string | null | undefined;
  /** Only contacts with exactly this phone, further ones included, in any notation that `updateContact` takes. */
  phone?: string | null | undefined;
  /** Only the contact with this identity. */
  identity?: IdentityInput | null | undefined;
};

/** A customer's id on one channel. */
export type IdentityInput = {
  /** The channel. */
  channelId: string;
  /** The channel's id for the customer, as `externalId` of the identity has it. */
  externalId: string;
};

/** What can happen to a contact. */
export type ContactEventKind =
  /** It was created. */
  | 'CREATED'
  /** Fields were changed. */
  | 'UPDATED'
  /** It was permanently deleted. Its sessions stay, as Anonymous. */
  | 'DELETED'
  /** There was a message. Sent at most once a second for each contact, and once more after the last message. */
  | 'ACTIVITY'
  /** It was merged into another contact, which is `mergedInto`. An UPDATED of that one follows. */
  | 'MERGED'
  /** Identities or sessions were split off, or a merge was undone. A CREATED or UPDATED of each contact that received them precedes. */
  | 'SPLIT';

/** What can happen to a session. */
export type SessionEventKind =
  /** It started. */
  | 'CREATED'
  /** Fields were changed. */
  | 'UPDATED'
  /** There was a message. Sent at most once a second for each session, and once more after the last message. */
  | 'ACTIVITY'
  /** A contact was deleted: all its sessions are now Anonymous and have no preview. */
  | 'CONTACT_DELETED'
  /**
   * A contact was merged or split: sessions of `contactId` belong to another contact now. Read the sessions again that you show
   * of it. Sent once for each contact, however many sessions it had.
   */
  | 'CONTACT_CHANGED';

/** An edit of one contact. An absent field is left unchanged, null clears it, a value sets it. Only notes can be set to an empty string. */
export type UpdateContactInput = {
  /** Which contact. */
  id: string;
  /** At most 200 characters; control characters are not allowed. */
  name?: string | null | undefined;
  /** An email address, also as pasted: `mailto:ann@example.com`, `Ann Smith <ann@example.com>`. */
  email?: string | null | undefined;
  /**
   * A phone number in any common notation, also as pasted: `tel:+49-30-123456`, `https://wa.me/4930123456`. Without a country
   * code, it is taken as a number of the server's default region. An extension is refused; it belongs into the notes.
   */
  phone?: string | null | undefined;
  /** At most 10 000 characters. */
  notes?: string | null | undefined;
  /** Refuse the edit with CONFLICT unless the contact is at this version. */
  expectedVersion?: number | null | undefined;
  /** Accept an email or phone that another contact has. */
  allowDuplicate?: boolean;
  /**
   * Accept an email or phone that is refused with UNUSUAL: an address that breaks the rules of mail but may exist, such as
   * `ann..b@docomo.ne.jp`, or a number with its country code that is in no numbering plan.
   */
  allowUnusual?: boolean;
};

/** What became of an upsert. */
export type UpsertOutcome =
  /** There was no such contact, and one was created. */
  | 'CREATED'
  /** The contact was changed. */
  | 'UPDATED'
  /** The contact had these values already. */
  | 'UNCHANGED'
  /** Nothing was written; `userErrors` say why. */
  | 'REFUSED';

/** Which uploaded file to import, and how. */
export type StartImportInput = {
  /** The import. */
  id: string;
  /** What each column has, in their order. Default: what `columns` of the import propose. */
  mapping?: Array<ImportField> | null | undefined;
  /** What to do with a row that matches a contact. */
  matched?: ImportMatched;
  /** What to do with a row that matches no contact. */
  unmatched?: ImportUnmatched;
  /** Leave values alone that staff have entered, and notes that are not empty. */
  protectStaff?: boolean;
  /** Accept emails and phones that are refused with UNUSUAL otherwise. */
  allowUnusual?: boolean;
  /** The channel that EXTERNAL_ID columns are from. */
  channelId?: string | null | undefined;
};

/** What to do with a row that matches a contact. */
export type ImportMatched =
  /** Write its values. An empty cell leaves the value. */
  | 'UPDATE'
  /** Leave the contact unchanged. */
  | 'SKIP';

/** What to do with a row that matches no contact. */
export type ImportUnmatched =
  /** Create a contact. */
  | 'CREATE'
  /** Leave the row out. */
  | 'SKIP';

/**
 * What a column of a file has. Several columns may have the same: of EMAIL, PHONE and NAME the first counts that is not empty, NOTES are
 * joined by line breaks, FIRST_NAME and LAST_NAME by a space.
 */
export type ImportField =
  /** Nothing to import. */
  | 'NONE'
  /** The contact's id, as Kith gave it. */
  | 'ID'
  /** The name. */
  | 'NAME'
  /** The given name. */
  | 'FIRST_NAME'
  /** The family name. */
  | 'LAST_NAME'
  /** An email address. */
  | 'EMAIL'
  /** A phone number. */
  | 'PHONE'
  /** A country calling code, which goes before a phone number without one. */
  | 'PHONE_CALLING_CODE'
  /** Notes. */
  | 'NOTES'
  /** When the contact was first known: 2024-12-31, or with a time. Only for contacts that are created. */
  | 'CREATED_AT'
  /** The contact's id on the channel `channelId`. */
  | 'EXTERNAL_ID';

/** How far an import is. */
export type ImportState =
  /** The file is being uploaded. */
  | 'UPLOADING'
  /** The file waits for `startImport`, for a day. */
  | 'READY'
  /** It waits for its turn. */
  | 'PENDING'
  /** Rows are being imported. */
  | 'RUNNING'
  /** All rows have been handled. */
  | 'DONE'
  /** It was cancelled. */
  | 'CANCELLED'
  /** It could not go on; `failure` says why. */
  | 'FAILED';

/** Which contact to delete. */
export type DeleteContactInput = {
  /** Its id. */
  id: string;
};

/** Which contacts to delete. */
export type DeleteContactsInput = {
  /** Their ids, 100 at most. */
  ids: Array<string>;
};

/** Why two contacts may be the same person. */
export type DuplicateReason =
  /** A channel says so, but merging them needs a person's judgment, for example because staff have entered different values. */
  | 'PROVEN'
  /** Their emails are spellings of one address: case, dots or a tag after a plus. */
  | 'EMAIL_SPELLING'
  /** Their phones are notations of one number. */
  | 'PHONE_VARIANT'
  /** Two channels of the same provider know them by the same id. */
  | 'CHANNEL_ID'
  /** One of them typed an email or phone that the other one has. */
  | 'CLAIMED'
  /** They have the same name, and emails with the same local part or the same company domain. */
  | 'NAME_AND_EMAIL';

/** A field of a contact. */
export type ContactField =
  /** The name. */
  | 'NAME'
  /** The email. */
  | 'EMAIL'
  /** The phone. */
  | 'PHONE'
  /** The notes. */
  | 'NOTES';

/** Contacts to merge. */
export type MergeContactsInput = {
  /** The contact that stays, with its id. */
  survivorId: string;
  /** Refuse the merge with CONFLICT unless the survivor is at this version. */
  expectedVersion: number;
  /** The contacts that are merged into it, 1 to 10. */
  others: Array<MergeContactInput>;
  /** The contact whose name to keep. Default: the most reliable one. */
  nameFrom?: string | null | undefined;
  /** The contact whose email to keep; the other emails become further ones. Default: the most reliable one. */
  emailFrom?: string | null | undefined;
  /** The contact whose phone to keep; the other phones become further ones. Default: the most reliable one. */
  phoneFrom?: string | null | undefined;
  /** The notes of the merged contact, at most 10 000 characters. Default: all notes joined, those of the oldest contact first. */
  notes?: string | null | undefined;
};

/** A contact to merge into another one. */
export type MergeContactInput = {
  /** Its id. */
  id: string;
  /** Refuse the merge with CONFLICT unless the contact is at this version. */
  expectedVersion: number;
};

/** Which merge to undo. */
export type UndoMergeInput = {
  /** The `mergeId` that `mergeContacts` returned. */
  mergeId: string;
};

/** What to split off a contact. */
export type SplitContactInput = {
  /** The contact. */
  id: string;
  /** Refuse the split with CONFLICT unless the contact is at this version. */
  expectedVersion: number;
  /** The identities to split off, with their sessions. The contact keeps at least one. */
  identityIds: Array<string>;
  /** Sessions to split off as well; only such that belong to no identity. At most 100. */
  sessionIds?: Array<string> | null | undefined;
  /** The contact that gets them. Default: a new one. */
  into?: string | null | undefined;
};

/** Which pairs to dismiss. */
export type DismissDuplicatesInput = {
  /** Their ids, 100 at most. */
  ids: Array<string>;
};

/** Which contact to export. */
export type ExportContactInput = {
  /** Its id. */
  id: string;
};

/** An edit of one session. An absent field is left unchanged. */
export type UpdateSessionInput = {
  /** Which session. */
  id: string;
  /** The state of the conversation. Cannot be null. */
  status?: SessionStatus | null | undefined;
  /** What it is about; null clears it. */
  tag?: SessionTag | null | undefined;
  /** Whether to mark all messages so far as read. */
  markRead?: boolean;
};

/** A new channel. */
export type CreateChannelInput = {
  /** The name that staff see, at most 200 characters. */
  name: string;
  /** The messaging product behind it. */
  type: ChannelType;
  /**
   * What the provider signs its webhooks with, at least 16 characters; stored encrypted and never shown again. WHATSAPP,
   * FACEBOOK, INSTAGRAM: the app secret. TIKTOK: the client secret. TELEGRAM: the `secret_token` of `setWebhook`; one is
   * generated when it is missing. HTML_EMBED: the key that signs visitors' identities.
   */
  secret?: string | null | undefined;
  /**
   * What Kith looks up customers' names with, as FACEBOOK and INSTAGRAM send none; only for these, stored encrypted and never
   * shown again. FACEBOOK: an access token of the page. INSTAGRAM: one of the account, or of the page that it belongs to.
   */
  accessToken?: string | null | undefined;
  /**
   * The sites whose pages may contain the chat widget, 100 at most; only for HTML_EMBED: `example.com`, `*.example.com` for
   * all its subdomains, `localhost:3000` with a port.
   */
  allowedDomains?: Array<string> | null | undefined;
  /**
   * Accept messages only from visitors whose identity the site has signed, so that people unknown to the site cannot write.
   * Only for HTML_EMBED; needs a `secret`.
   */
  requireSignedIdentity?: boolean;
};

/** An edit of one channel. An absent field is left unchanged. */
export type UpdateChannelInput = {
  /** Which channel. */
  id: string;
  /** The name that staff see, at most 200 characters. Cannot be null. */
  name?: string | null | undefined;
  /** Whether it accepts messages. Cannot be null. */
  active?: boolean | null | undefined;
  /**
   * What the provider signs its webhooks with, at least 16 characters; stored encrypted and never shown again. WHATSAPP,
   * FACEBOOK, INSTAGRAM: the app secret. TIKTOK: the client secret. TELEGRAM: the `secret_token` of `setWebhook`.
   * HTML_EMBED: the key that signs visitors' identities. Null removes it.
   */
  secret?: string | null | undefined;
  /**
   * What Kith looks up customers' names with, as FACEBOOK and INSTAGRAM send none; only for these, stored encrypted and never
   * shown again. FACEBOOK: an access token of the page. INSTAGRAM: one of the account, or of the page that it belongs to. Null
   * removes it.
   */
  accessToken?: string | null | undefined;
  /**
   * The sites whose pages may contain the chat widget, 100 at most; only for HTML_EMBED: `example.com`, `*.example.com` for
   * all its subdomains, `localhost:3000` with a port. Replaces the list; null empties it.
   */
  allowedDomains?: Array<string> | null | undefined;
  /**
   * Accept messages only from visitors whose identity the site has signed, so that people unknown to the site cannot write.
   * Only for HTML_EMBED; needs a `secret`. Cannot be null.
   */
  requireSignedIdentity?: boolean | null | undefined;
};

/** Which failures to replay. */
export type ReplayIngestFailuresInput = {
  /** Their ids, 100 at most. */
  ids: Array<string>;
};

/** Which failures to discard. */
export type DismissIngestFailuresInput = {
  /** Their ids, 100 at most. */
  ids: Array<string>;
};

/** A kind of problem that the user can fix. */
export type UserErrorCode =
  /** The value is not acceptable; the message says why. */
  | 'INVALID'
  /** The email or phone breaks the rules but may be right all the same. Send `allowUnusual` to save it anyway. */
  | 'UNUSUAL'
  /**
   * Another contact has the email, entered by staff or verified by a channel; what a customer merely typed does not count.
   * Send `allowDuplicate` to save it anyway.
   */
  | 'EMAIL_TAKEN'
  /**
   * Another contact has the phone, entered by staff or verified by a channel; what a customer merely typed does not count.
   * Send `allowDuplicate` to save it anyway.
   */
  | 'PHONE_TAKEN'
  /** More than one contact matches. `contact` is one of them; merge them, or name the one you mean by its `id`. */
  | 'AMBIGUOUS'
  /** The contact, the saved view or the settings have changed since the version that the edit expects. */
  | 'CONFLICT'
  /** The object does not exist, or no longer exists. */
  | 'NOT_FOUND'
  /** Another saved view has the name. */
  | 'NAME_TAKEN'
  /** The channel accepts no messages. */
  | 'CHANNEL_INACTIVE'
  /** The item could not be recorded this time either; the message says why. */
  | 'REPLAY_FAILED'
  /** The contact was merged into another one, which is `contact`. Use that one. */
  | 'MERGED'
  /** A contact cannot be merged with itself, named twice, or split off to itself. */
  | 'SAME_CONTACT'
  /** The contact would have too many contacts merged into it, identities, emails or phones; or a bulk job too many objects. */
  | 'TOO_MANY'
  /** The joined notes would be too long. Send `notes`. */
  | 'NOTES_TOO_LONG'
  /** The contact has a newer merge, which has to be undone first. */
  | 'NOT_NEWEST'
  /** The time for undoing the merge is over. Use `splitContact`. */
  | 'UNDO_EXPIRED'
  /** A split must leave the contact at least one identity. */
  | 'LAST_IDENTITY'
  /** The webhook endpoint is switched off. */
  | 'ENDPOINT_DISABLED'
  /** The token was made for another selection, edit, person or workspace, or is no token. Count again, with `dryRun`. */
  | 'TOKEN_INVALID'
  /** The dry run was more than ten minutes ago. Count again, with `dryRun`. */
  | 'TOKEN_EXPIRED'
  /** Many more match than the dry run counted. The payload has the new count, and a token for it. */
  | 'COUNT_CHANGED'
  /** The job has ended already. */
  | 'JOB_ENDED';

/** A key to create. */
export type CreateApiKeyInput = {
  /** What it is for, 1 to 100 characters. */
  name: string;
  /** What it may do. Choose the least that is enough. */
  role: Role;
  /** For the role CHANNEL: the only channel that it may report on. Without it, any. */
  channelId?: string | null | undefined;
  /** When it stops working, in the future. Without it, the key works until it is revoked. */
  expiresAt?: string | null | undefined;
};

/** Which key to revoke. */
export type RevokeApiKeyInput = {
  /** Its id, `key_…`. */
  id: string;
};

/** A view to be saved. */
export type CreateSavedViewInput = {
  /** At most 200 characters; another view must not have it. */
  name: string;
  /** The address of the list: `/staff/contacts` or `/staff/chat`, with its query; at most 2000 bytes. */
  address: string;
};

/** An edit of a saved view. An absent field is left unchanged. */
export type UpdateSavedViewInput = {
  /** Which view. */
  id: string;
  /** As for a new view. */
  name?: string | null | undefined;
  /** As for a new view. */
  address?: string | null | undefined;
  /** Refuse the edit with CONFLICT unless the view is at this version. */
  expectedVersion?: number | null | undefined;
};

/** A deletion of a saved view. */
export type DeleteSavedViewInput = {
  /** Which view. */
  id: string;
};

/** Why a webhook endpoint was switched off. */
export type WebhookDisabledReason =
  /** An administrator switched it off. */
  | 'ADMIN'
  /** A delivery failed for three days. */
  | 'FAILING'
  /** The receiver answered 410 Gone. */
  | 'GONE';

/** What became of a delivery to a webhook endpoint. */
export type WebhookDeliveryStatus =
  /** It has not succeeded yet, and will be tried, or tried again. */
  | 'PENDING'
  /** The receiver answered with a status of 200 to 299. */
  | 'DELIVERED'
  /** It failed and is not tried again, unless it is redelivered or the endpoint is switched on again. */
  | 'FAILED';

/** A webhook endpoint to create. */
export type CreateWebhookEndpointInput = {
  /**
   * Where to send events: an `https://` URL of at most 2000 bytes, on the internet or in a network that the operator allows
   * (KITH_WEBHOOK_NETWORKS), where `http://` will do as well.
   */
  url: string;
  /** Which events to send, such as `contact.created`; at least one. */
  events: Array<string>;
  /** What it is for, at most 200 characters. */
  description?: string;
};

/** An edit of a webhook endpoint. An absent field is left unchanged. */
export type UpdateWebhookEndpointInput = {
  /** Which endpoint. */
  id: string;
  /** As for a new endpoint. Cannot be null. */
  url?: string | null | undefined;
  /** As for a new endpoint. Cannot be null. */
  events?: Array<string> | null | undefined;
  /** As for a new endpoint. Cannot be null. */
  description?: string | null | undefined;
  /** Whether to send events. Switching it on has everything tried again that could not be delivered. Cannot be null. */
  enabled?: boolean | null | undefined;
};

/** A deletion of a webhook endpoint. */
export type DeleteWebhookEndpointInput = {
  /** Which endpoint. */
  id: string;
};

/** A change of a workspace's settings. An absent field is left unchanged. */
export type UpdateWorkspaceInput = {
  /** What people call the workspace: at most 200 characters. Null for nothing. */
  displayName?: string | null | undefined;
  /** The country of phone numbers without a country code, as an ISO 3166 code such as `DE`. Null for the server's. */
  defaultRegion?: string | null | undefined;
  /** The least role that may export lists of contacts: ADMIN, STAFF or READER. Null for ADMIN. */
  exportRole?: Role | null | undefined;
  /** Whom to mask emails and phone numbers for: STAFF, READER or both. Null for nobody. */
  maskedFor?: Array<Role> | null | undefined;
  /**
   * How many days to keep the history of contacts: 1 to 36 500, or 0 forever. What is younger than the server's
   * KITH_EVENT_RETENTION is kept anyway. Null for the server's setting.
   */
  historyDays?: number | null | undefined;
  /** How many days to keep the audit log: 30 to 36 500, or 0 forever. Null for the server's setting. */
  auditDays?: number | null | undefined;
  /** How many days to keep items that could not be recorded: 1 to 36 500. Null for the server's setting. */
  failureDays?: number | null | undefined;
  /** Refuse the change with CONFLICT, and answer the current settings, unless this is their revision. */
  expectedRevision?: number | null | undefined;
};

/** A rotation of the secret of a webhook endpoint. */
export type RotateWebhookSecretInput = {
  /** Which endpoint. */
  id: string;
  /** Stop signing with the former secret immediately, because somebody else may know it. */
  revokeFormer?: boolean;
};

/** The end of the time in which a former secret signs. */
export type RevokeFormerWebhookSecretInput = {
  /** Which endpoint. */
  id: string;
};

/** A delivery to send once more. */
export type RedeliverInput = {
  /** Which delivery. */
  id: string;
};

/** A test of a webhook endpoint. */
export type SendTestWebhookInput = {
  /** Which endpoint. */
  id: string;
};

/** What a bulk job does. */
export type BulkJobKind =
  /** Deletes contacts. */
  | 'DELETE_CONTACTS'
  /** Edits sessions. */
  | 'UPDATE_SESSIONS';

/** How far a bulk job has come. */
export type BulkJobState =
  /** Waiting for its turn. */
  | 'PENDING'
  /** At work. */
  | 'RUNNING'
  /** Every object has had its turn. */
  | 'DONE'
  /** Someone ended it; what was done by then stays done. */
  | 'CANCELLED'
  /** It could not go on; what was done by then stays done. */
  | 'FAILED';

/** Why a bulk job left an object alone. */
export type BulkRefusalCode =
  /** It was deleted meanwhile. */
  | 'NOT_FOUND'
  /** The contact was merged into another one meanwhile. */
  | 'MERGED'
  /** It was changed meanwhile, so that it no longer matches. */
  | 'NO_MATCH'
  /** An unexpected error occurred. */
  | 'INTERNAL';

/** Which contacts to delete. */
export type BulkDeleteContactsInput = {
  /** As in `contacts`. Without search and filter it is every contact of the workspace. */
  search?: string | null | undefined;
  /** As in `contacts`. */
  filter?: ContactFilter | null | undefined;
  /** Whether only to count, and answer a token. */
  dryRun?: boolean;
  /** For a run: the token of a dry run of the same search and filter by the same person. */
  token?: string | null | undefined;
};

export type ContactRowFragment = { id: string, name: string | null, displayName: string, email: string | null, emailVerified: boolean, phone: string | null, phoneInternational: string | null, phoneVerified: boolean, notes: string, version: number, createdAt: string, lastActivityAt: string | null, identities: Array<{ id: string, channel: { id: string, name: string, type: ChannelType } }> };

export type SessionRowFragment = { id: string, contactName: string, channelAccount: string | null, status: SessionStatus, tag: SessionTag | null, lastMessagePreview: string | null, lastMessageAt: string, unreadCount: number, startedAt: string, contact: { id: string, displayName: string } | null, channel: { id: string, name: string, type: ChannelType } };

export type PageFragment = { hasNextPage: boolean, hasPreviousPage: boolean, startCursor: string | null, endCursor: string | null };

export type ViewerQueryVariables = Exact<{ [key: string]: never; }>;


export type ViewerQuery = { viewer: { subject: string, name: string | null, role: Role, workspace: string, masked: boolean } };

export type ContactsQueryVariables = Exact<{
  search?: string | null | undefined;
  filter?: ContactFilter | null | undefined;
  orderBy?: ContactOrder | null | undefined;
  first?: number | null | undefined;
  after?: string | null | undefined;
  last?: number | null | undefined;
  before?: string | null | undefined;
  skip?: number | null | undefined;
}>;


export type ContactsQuery = { contacts: { search: string, workspaceHasContacts: boolean, edges: Array<{ cursor: string, node: { id: string, name: string | null, displayName: string, email: string | null, emailVerified: boolean, phone: string | null, phoneInternational: string | null, phoneVerified: boolean, notes: string, version: number, createdAt: string, lastActivityAt: string | null, identities: Array<{ id: string, channel: { id: string, name: string, type: ChannelType } }> } }>, pageInfo: { hasNextPage: boolean, hasPreviousPage: boolean, startCursor: string | null, endCursor: string | null } } };

export type ContactsCountQueryVariables = Exact<{
  search?: string | null | undefined;
  filter?: ContactFilter | null | undefined;
}>;


export type ContactsCountQuery = { contacts: { totalCount: { value: number, exact: boolean } } };

export type ContactQueryVariables = Exact<{
  id: string;
}>;


export type ContactQuery = { contact: { id: string, name: string | null, displayName: string, email: string | null, emailVerified: boolean, phone: string | null, phoneInternational: string | null, phoneVerified: boolean, notes: string, version: number, createdAt: string, lastActivityAt: string | null, identities: Array<{ id: string, channel: { id: string, name: string, type: ChannelType } }> } | null };

export type UpdateContactMutationVariables = Exact<{
  input: UpdateContactInput;
}>;


export type UpdateContactMutation = { updateContact: { eventId: string | null, contact: { id: string, name: string | null, displayName: string, email: string | null, emailVerified: boolean, phone: string | null, phoneInternational: string | null, phoneVerified: boolean, notes: string, version: number, createdAt: string, lastActivityAt: string | null, identities: Array<{ id: string, channel: { id: string, name: string, type: ChannelType } }> } | null, userErrors: Array<{ code: UserErrorCode, field: Array<string> | null, message: string, contact: { id: string, name: string | null, displayName: string, email: string | null, emailVerified: boolean, phone: string | null, phoneInternational: string | null, phoneVerified: boolean, notes: string, version: number, createdAt: string, lastActivityAt: string | null, identities: Array<{ id: string, channel: { id: string, name: string, type: ChannelType } }> } | null }> } };

export type UndoMergeMutationVariables = Exact<{
  input: UndoMergeInput;
}>;


export type UndoMergeMutation = { undoMerge: { kept: Array<ContactField>, eventId: string | null, contact: { id: string, name: string | null, displayName: string, email: string | null, emailVerified: boolean, phone: string | null, phoneInternational: string | null, phoneVerified: boolean, notes: string, version: number, createdAt: string, lastActivityAt: string | null, identities: Array<{ id: string, channel: { id: string, name: string, type: ChannelType } }> } | null, restored: Array<{ id: string, name: string | null, displayName: string, email: string | null, emailVerified: boolean, phone: string | null, phoneInternational: string | null, phoneVerified: boolean, notes: string, version: number, createdAt: string, lastActivityAt: string | null, identities: Array<{ id: string, channel: { id: string, name: string, type: ChannelType } }> }>, userErrors: Array<{ code: UserErrorCode, field: Array<string> | null, message: string }> } };

export type SessionsQueryVariables = Exact<{
  filter?: SessionFilter | null | undefined;
  first?: number | null | undefined;
  after?: string | null | undefined;
  last?: number | null | undefined;
  before?: string | null | undefined;
  skip?: number | null | undefined;
}>;


export type SessionsQuery = { sessions: { edges: Array<{ cursor: string, node: { id: string, contactName: string, channelAccount: string | null, status: SessionStatus, tag: SessionTag | null, lastMessagePreview: string | null, lastMessageAt: string, unreadCount: number, startedAt: string, contact: { id: string, displayName: string } | null, channel: { id: string, name: string, type: ChannelType } } }>, pageInfo: { hasNextPage: boolean, hasPreviousPage: boolean, startCursor: string | null, endCursor: string | null } } };

export type SessionQueryVariables = Exact<{
  id: string;
}>;


export type SessionQuery = { session: { id: string, contactName: string, channelAccount: string | null, status: SessionStatus, tag: SessionTag | null, lastMessagePreview: string | null, lastMessageAt: string, unreadCount: number, startedAt: string, contact: { id: string, displayName: string } | null, channel: { id: string, name: string, type: ChannelType } } | null };

export type SessionIdentityQueryVariables = Exact<{
  id: string;
}>;


export type SessionIdentityQuery = { session: { id: string, identity: { id: string, externalId: string } | null } | null };

export type SessionCountsQueryVariables = Exact<{
  filter?: SessionFilter | null | undefined;
}>;


export type SessionCountsQuery = { sessionCounts: { total: number, statuses: Array<{ status: SessionStatus, count: number }>, tags: Array<{ tag: SessionTag | null, count: number }>, channels: Array<{ count: number, channel: { id: string, name: string, type: ChannelType } }> } };

export type UpdateSessionMutationVariables = Exact<{
  input: UpdateSessionInput;
}>;


export type UpdateSessionMutation = { updateSession: { eventId: string | null, session: { id: string, contactName: string, channelAccount: string | null, status: SessionStatus, tag: SessionTag | null, lastMessagePreview: string | null, lastMessageAt: string, unreadCount: number, startedAt: string, contact: { id: string, displayName: string } | null, channel: { id: string, name: string, type: ChannelType } } | null, userErrors: Array<{ code: UserErrorCode, field: Array<string> | null, message: string }> } };

export type LastEventQueryVariables = Exact<{ [key: string]: never; }>;


export type LastEventQuery = { lastEventId: string };

export type ContactEventsSubscriptionVariables = Exact<{
  after?: string | null | undefined;
}>;


export type ContactEventsSubscription = { contactEvents: { eventId: string, kind: ContactEventKind, contactId: string, contact: { id: string, name: string | null, displayName: string, email: string | null, emailVerified: boolean, phone: string | null, phoneInternational: string | null, phoneVerified: boolean, notes: string, version: number, createdAt: string, lastActivityAt: string | null, identities: Array<{ id: string, channel: { id: string, name: string, type: ChannelType } }> } | null } };

export type SessionEventsSubscriptionVariables = Exact<{
  after?: string | null | undefined;
  filter?: SessionFilter | null | undefined;
}>;


export type SessionEventsSubscription = { sessionEvents: { eventId: string, kind: SessionEventKind, sessionId: string | null, contactId: string | null, session: { id: string, contactName: string, channelAccount: string | null, status: SessionStatus, tag: SessionTag | null, lastMessagePreview: string | null, lastMessageAt: string, unreadCount: number, startedAt: string, contact: { id: string, displayName: string } | null, channel: { id: string, name: string, type: ChannelType } } | null } };

export type ChannelRowFragment = { id: string, name: string, type: ChannelType, active: boolean, requireSignedIdentity: boolean };

export type ChannelsQueryVariables = Exact<{
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type ChannelsQuery = { channels: { nodes: Array<{ id: string, name: string, type: ChannelType, active: boolean, requireSignedIdentity: boolean }>, pageInfo: { hasNextPage: boolean, hasPreviousPage: boolean, startCursor: string | null, endCursor: string | null } } };

export type ViewRowFragment = { id: string, name: string, address: string, version: number };

export type SavedViewsQueryVariables = Exact<{ [key: string]: never; }>;


export type SavedViewsQuery = { savedViews: { nodes: Array<{ id: string, name: string, address: string, version: number }> } };

export type ContactDetailsQueryVariables = Exact<{
  id: string;
}>;


export type ContactDetailsQuery = { contact: { createdAt: string, furtherEmails: Array<string>, furtherPhones: Array<string>, id: string, name: string | null, displayName: string, email: string | null, emailVerified: boolean, phone: string | null, phoneInternational: string | null, phoneVerified: boolean, notes: string, version: number, lastActivityAt: string | null, undoableMerge: { mergeId: string, mergedContactIds: Array<string>, at: string } | null, identities: Array<{ id: string, externalId: string, displayName: string | null, createdAt: string, channel: { id: string, name: string, type: ChannelType } }> } | null };

export type ContactHistoryQueryVariables = Exact<{
  id: string;
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type ContactHistoryQuery = { contact: { id: string, history: { nodes: Array<{ id: string, kind: ContactEventKind, contactId: string, version: number, actor: string, at: string, fields: Array<{ field: ContactField, old: string | null, new: string | null }> }>, pageInfo: { hasNextPage: boolean, hasPreviousPage: boolean, startCursor: string | null, endCursor: string | null } } } | null };

export type DuplicatesOfQueryVariables = Exact<{
  id: string;
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type DuplicatesOfQuery = { duplicates: { nodes: Array<{ id: string, reasons: Array<DuplicateReason>, contacts: Array<{ id: string, name: string | null, displayName: string, email: string | null, emailVerified: boolean, phone: string | null, phoneInternational: string | null, phoneVerified: boolean, notes: string, version: number, createdAt: string, lastActivityAt: string | null, identities: Array<{ id: string, channel: { id: string, name: string, type: ChannelType } }> }> }>, pageInfo: { hasNextPage: boolean, hasPreviousPage: boolean, startCursor: string | null, endCursor: string | null } } };

export type SessionsOfQueryVariables = Exact<{
  filter?: SessionFilter | null | undefined;
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type SessionsOfQuery = { sessions: { nodes: Array<{ id: string, contactName: string, channelAccount: string | null, status: SessionStatus, tag: SessionTag | null, lastMessagePreview: string | null, lastMessageAt: string, unreadCount: number, startedAt: string, identity: { id: string } | null, contact: { id: string, displayName: string } | null, channel: { id: string, name: string, type: ChannelType } }>, pageInfo: { hasNextPage: boolean, hasPreviousPage: boolean, startCursor: string | null, endCursor: string | null } } };

export type SplitContactMutationVariables = Exact<{
  input: SplitContactInput;
}>;


export type SplitContactMutation = { splitContact: { eventId: string | null, contact: { id: string, name: string | null, displayName: string, email: string | null, emailVerified: boolean, phone: string | null, phoneInternational: string | null, phoneVerified: boolean, notes: string, version: number, createdAt: string, lastActivityAt: string | null, identities: Array<{ id: string, channel: { id: string, name: string, type: ChannelType } }> } | null, split: { id: string, name: string | null, displayName: string, email: string | null, emailVerified: boolean, phone: string | null, phoneInternational: string | null, phoneVerified: boolean, notes: string, version: number, createdAt: string, lastActivityAt: string | null, identities: Array<{ id: string, channel: { id: string, name: string, type: ChannelType } }> } | null, userErrors: Array<{ code: UserErrorCode, field: Array<string> | null, message: string, contact: { id: string, name: string | null, displayName: string, email: string | null, emailVerified: boolean, phone: string | null, phoneInternational: string | null, phoneVerified: boolean, notes: string, version: number, createdAt: string, lastActivityAt: string | null, identities: Array<{ id: string, channel: { id: string, name: string, type: ChannelType } }> } | null }> } };

export type ExportContactMutationVariables = Exact<{
  input: ExportContactInput;
}>;


export type ExportContactMutation = { exportContact: { document: string | null, userErrors: Array<{ code: UserErrorCode, field: Array<string> | null, message: string }> } };

export type ContactsToMergeQueryVariables = Exact<{
  ids: Array<string> | string;
}>;


export type ContactsToMergeQuery = { nodes: Array<
    | { createdAt: string, id: string, name: string | null, displayName: string, email: string | null, emailVerified: boolean, phone: string | null, phoneInternational: string | null, phoneVerified: boolean, notes: string, version: number, lastActivityAt: string | null, identities: Array<{ id: string, channel: { id: string, name: string, type: ChannelType } }> }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
   | null> };

export type MergePreviewQueryVariables = Exact<{
  input: MergeContactsInput;
}>;


export type MergePreviewQuery = { mergePreview: { notes: string, sessionCount: number, identityCount: number, fields: Array<{ field: ContactField, chosenFrom: string, options: Array<{ contactId: string, value: string | null, verified: boolean }> }>, userErrors: Array<{ code: UserErrorCode, field: Array<string> | null, message: string }> } | null };

export type MergeContactsMutationVariables = Exact<{
  input: MergeContactsInput;
}>;


export type MergeContactsMutation = { mergeContacts: { mergeId: string | null, mergedContactIds: Array<string>, undoableUntil: string | null, eventId: string | null, contact: { id: string, name: string | null, displayName: string, email: string | null, emailVerified: boolean, phone: string | null, phoneInternational: string | null, phoneVerified: boolean, notes: string, version: number, createdAt: string, lastActivityAt: string | null, identities: Array<{ id: string, channel: { id: string, name: string, type: ChannelType } }> } | null, userErrors: Array<{ code: UserErrorCode, field: Array<string> | null, message: string }> } };

export type DeleteContactMutationVariables = Exact<{
  input: DeleteContactInput;
}>;


export type DeleteContactMutation = { deleteContact: { deletedContactId: string | null, eventId: string | null, userErrors: Array<{ code: UserErrorCode, field: Array<string> | null, message: string }> } };

export type ContactNewsSubscriptionVariables = Exact<{
  after?: string | null | undefined;
}>;


export type ContactNewsSubscription = { contactEvents: { eventId: string, kind: ContactEventKind, contactId: string, mergedInto: { id: string } | null } };

export type SessionNewsSubscriptionVariables = Exact<{
  after?: string | null | undefined;
  filter?: SessionFilter | null | undefined;
}>;


export type SessionNewsSubscription = { sessionEvents: { eventId: string, kind: SessionEventKind, contactId: string | null } };

export type ContactSearchQueryVariables = Exact<{
  search: string;
}>;


export type ContactSearchQuery = { contacts: { nodes: Array<{ id: string, displayName: string, email: string | null, phone: string | null, phoneInternational: string | null }> } };

export type DeleteContactsMutationVariables = Exact<{
  input: DeleteContactsInput;
}>;


export type DeleteContactsMutation = { deleteContacts: { results: Array<{ deletedContactId: string | null, eventId: string | null, userErrors: Array<{ code: UserErrorCode, field: Array<string> | null, message: string }> }> } };

export type CreateSavedViewMutationVariables = Exact<{
  input: CreateSavedViewInput;
}>;


export type CreateSavedViewMutation = { createSavedView: { savedView: { id: string, name: string, address: string, version: number } | null, userErrors: Array<{ code: UserErrorCode, field: Array<string> | null, message: string }> } };

export type UpdateSavedViewMutationVariables = Exact<{
  input: UpdateSavedViewInput;
}>;


export type UpdateSavedViewMutation = { updateSavedView: { savedView: { id: string, name: string, address: string, version: number } | null, userErrors: Array<{ code: UserErrorCode, field: Array<string> | null, message: string }> } };

export type DeleteSavedViewMutationVariables = Exact<{
  input: DeleteSavedViewInput;
}>;


export type DeleteSavedViewMutation = { deleteSavedView: { deletedSavedViewId: string | null, userErrors: Array<{ code: UserErrorCode, field: Array<string> | null, message: string }> } };

export type DuplicateContactFragment = { createdAt: string, furtherEmails: Array<string>, furtherPhones: Array<string>, id: string, name: string | null, displayName: string, email: string | null, emailVerified: boolean, phone: string | null, phoneInternational: string | null, phoneVerified: boolean, notes: string, version: number, lastActivityAt: string | null, identities: Array<{ id: string, channel: { id: string, name: string, type: ChannelType } }> };

export type DuplicatesQueryVariables = Exact<{
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type DuplicatesQuery = { duplicates: { nodes: Array<{ id: string, reasons: Array<DuplicateReason>, at: string, contacts: Array<{ createdAt: string, furtherEmails: Array<string>, furtherPhones: Array<string>, id: string, name: string | null, displayName: string, email: string | null, emailVerified: boolean, phone: string | null, phoneInternational: string | null, phoneVerified: boolean, notes: string, version: number, lastActivityAt: string | null, identities: Array<{ id: string, channel: { id: string, name: string, type: ChannelType } }> }> }>, pageInfo: { hasNextPage: boolean, hasPreviousPage: boolean, startCursor: string | null, endCursor: string | null }, totalCount: { value: number, exact: boolean } } };

export type DismissDuplicatesMutationVariables = Exact<{
  input: DismissDuplicatesInput;
}>;


export type DismissDuplicatesMutation = { dismissDuplicates: { dismissedIds: Array<string>, userErrors: Array<{ code: UserErrorCode, field: Array<string> | null, message: string }> } };

export type SetupFragment = { webhookUrl: string, embedSnippet: string | null, secretSet: boolean, accessTokenSet: boolean, allowedDomains: Array<string> };

export type CreateChannelMutationVariables = Exact<{
  input: CreateChannelInput;
}>;


export type CreateChannelMutation = { createChannel: { channel: { id: string, name: string, type: ChannelType, active: boolean, requireSignedIdentity: boolean } | null, setup: { verifyToken: string | null, webhookUrl: string, embedSnippet: string | null, secretSet: boolean, accessTokenSet: boolean, allowedDomains: Array<string> } | null, userErrors: Array<{ code: UserErrorCode, field: Array<string> | null, message: string }> } };

export type UpdateChannelMutationVariables = Exact<{
  input: UpdateChannelInput;
}>;


export type UpdateChannelMutation = { updateChannel: { channel: { id: string, name: string, type: ChannelType, active: boolean, requireSignedIdentity: boolean } | null, setup: { webhookUrl: string, embedSnippet: string | null, secretSet: boolean, accessTokenSet: boolean, allowedDomains: Array<string> } | null, userErrors: Array<{ code: UserErrorCode, field: Array<string> | null, message: string }> } };

export type VerifyTokenMutationVariables = Exact<{
  id: string;
}>;


export type VerifyTokenMutation = { updateChannel: { setup: { verifyToken: string | null } | null } };

export type IngestFailuresQueryVariables = Exact<{
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type IngestFailuresQuery = { ingestFailures: { nodes: Array<{ id: string, at: string, reason: string, channel: { id: string, name: string, type: ChannelType } }>, pageInfo: { hasNextPage: boolean, hasPreviousPage: boolean, startCursor: string | null, endCursor: string | null }, totalCount: { value: number, exact: boolean } } };

export type FailurePayloadQueryVariables = Exact<{
  id: string;
}>;


export type FailurePayloadQuery = { node:
    | { id: string, payload: string }
    | Record<PropertyKey, never>
   | null };

export type ReplayIngestFailuresMutationVariables = Exact<{
  input: ReplayIngestFailuresInput;
}>;


export type ReplayIngestFailuresMutation = { replayIngestFailures: { replayedIds: Array<string>, userErrors: Array<{ code: UserErrorCode, field: Array<string> | null, message: string }> } };

export type DismissIngestFailuresMutationVariables = Exact<{
  input: DismissIngestFailuresInput;
}>;


export type DismissIngestFailuresMutation = { dismissIngestFailures: { dismissedIds: Array<string>, userErrors: Array<{ code: UserErrorCode, field: Array<string> | null, message: string }> } };

export type AuditLogQueryVariables = Exact<{
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type AuditLogQuery = { auditLog: { nodes: Array<{ id: string, action: AuditAction, contactId: string | null, otherContactId: string | null, sessionId: string | null, channelId: string | null, apiKeyId: string | null, webhookEndpointId: string | null, items: number | null, fields: Array<AuditField>, actor: string, at: string }>, pageInfo: { hasNextPage: boolean, hasPreviousPage: boolean, startCursor: string | null, endCursor: string | null } } };

export type AuditObjectsQueryVariables = Exact<{
  ids: Array<string> | string;
}>;


export type AuditObjectsQuery = { nodes: Array<
    | { __typename: 'Contact', id: string, displayName: string }
    | { __typename: 'Channel', id: string, name: string }
    | { __typename: 'Session', id: string, contactName: string }
    | { __typename: 'ApiKey', id: string, name: string }
    | { __typename: 'WebhookEndpoint', id: string, url: string }
    | Record<PropertyKey, never>
   | null> };

export type ApiKeyRowFragment = { id: string, name: string, role: Role, createdBy: string, createdAt: string, expiresAt: string | null, lastUsedAt: string | null, channel: { id: string, name: string } | null };

export type ApiKeysQueryVariables = Exact<{
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type ApiKeysQuery = { apiKeys: { nodes: Array<{ id: string, name: string, role: Role, createdBy: string, createdAt: string, expiresAt: string | null, lastUsedAt: string | null, channel: { id: string, name: string } | null }>, pageInfo: { hasNextPage: boolean, hasPreviousPage: boolean, startCursor: string | null, endCursor: string | null } } };

export type CreateApiKeyMutationVariables = Exact<{
  input: CreateApiKeyInput;
}>;


export type CreateApiKeyMutation = { createApiKey: { secret: string | null, apiKey: { id: string, name: string, role: Role, createdBy: string, createdAt: string, expiresAt: string | null, lastUsedAt: string | null, channel: { id: string, name: string } | null } | null, userErrors: Array<{ code: UserErrorCode, field: Array<string> | null, message: string }> } };

export type RevokeApiKeyMutationVariables = Exact<{
  input: RevokeApiKeyInput;
}>;


export type RevokeApiKeyMutation = { revokeApiKey: { revokedApiKeyId: string | null, userErrors: Array<{ code: UserErrorCode, field: Array<string> | null, message: string }> } };

export type WebhookEndpointRowFragment = { id: string, url: string, events: Array<string>, description: string, enabled: boolean, disabledReason: WebhookDisabledReason | null, disabledAt: string | null, failingSince: string | null, skippedEvents: number, formerSecretUntil: string | null };

export type WebhookEndpointsQueryVariables = Exact<{
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type WebhookEndpointsQuery = { webhookEndpoints: { nodes: Array<{ id: string, url: string, events: Array<string>, description: string, enabled: boolean, disabledReason: WebhookDisabledReason | null, disabledAt: string | null, failingSince: string | null, skippedEvents: number, formerSecretUntil: string | null }>, pageInfo: { hasNextPage: boolean, hasPreviousPage: boolean, startCursor: string | null, endCursor: string | null } } };

export type WebhookDeliveryRowFragment = { id: string, eventId: string | null, type: string, status: WebhookDeliveryStatus, attempts: number, createdAt: string, lastAttemptAt: string | null, nextAttemptAt: string | null, responseStatus: number | null, error: string | null };

export type WebhookDeliveriesQueryVariables = Exact<{
  endpointId: string;
  status?: WebhookDeliveryStatus | null | undefined;
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type WebhookDeliveriesQuery = { webhookDeliveries: { nodes: Array<{ id: string, eventId: string | null, type: string, status: WebhookDeliveryStatus, attempts: number, createdAt: string, lastAttemptAt: string | null, nextAttemptAt: string | null, responseStatus: number | null, error: string | null }>, pageInfo: { hasNextPage: boolean, hasPreviousPage: boolean, startCursor: string | null, endCursor: string | null } } };

export type CreateWebhookEndpointMutationVariables = Exact<{
  input: CreateWebhookEndpointInput;
}>;


export type CreateWebhookEndpointMutation = { createWebhookEndpoint: { secret: string | null, userErrors: Array<{ code: UserErrorCode, field: Array<string> | null, message: string }> } };

export type UpdateWebhookEndpointMutationVariables = Exact<{
  input: UpdateWebhookEndpointInput;
}>;


export type UpdateWebhookEndpointMutation = { updateWebhookEndpoint: { webhookEndpoint: { id: string, url: string, events: Array<string>, description: string, enabled: boolean, disabledReason: WebhookDisabledReason | null, disabledAt: string | null, failingSince: string | null, skippedEvents: number, formerSecretUntil: string | null } | null, userErrors: Array<{ code: UserErrorCode, field: Array<string> | null, message: string }> } };

export type DeleteWebhookEndpointMutationVariables = Exact<{
  input: DeleteWebhookEndpointInput;
}>;


export type DeleteWebhookEndpointMutation = { deleteWebhookEndpoint: { deletedWebhookEndpointId: string | null, userErrors: Array<{ code: UserErrorCode, field: Array<string> | null, message: string }> } };

export type RotateWebhookSecretMutationVariables = Exact<{
  input: RotateWebhookSecretInput;
}>;


export type RotateWebhookSecretMutation = { rotateWebhookSecret: { secret: string | null, userErrors: Array<{ code: UserErrorCode, field: Array<string> | null, message: string }> } };

export type RevokeFormerWebhookSecretMutationVariables = Exact<{
  input: RevokeFormerWebhookSecretInput;
}>;


export type RevokeFormerWebhookSecretMutation = { revokeFormerWebhookSecret: { webhookEndpoint: { id: string, url: string, events: Array<string>, description: string, enabled: boolean, disabledReason: WebhookDisabledReason | null, disabledAt: string | null, failingSince: string | null, skippedEvents: number, formerSecretUntil: string | null } | null, userErrors: Array<{ code: UserErrorCode, field: Array<string> | null, message: string }> } };

export type RedeliverMutationVariables = Exact<{
  input: RedeliverInput;
}>;


export type RedeliverMutation = { redeliver: { webhookDelivery: { id: string, eventId: string | null, type: string, status: WebhookDeliveryStatus, attempts: number, createdAt: string, lastAttemptAt: string | null, nextAttemptAt: string | null, responseStatus: number | null, error: string | null } | null, userErrors: Array<{ code: UserErrorCode, field: Array<string> | null, message: string }> } };

export type SendTestWebhookMutationVariables = Exact<{
  input: SendTestWebhookInput;
}>;


export type SendTestWebhookMutation = { sendTestWebhook: { webhookDelivery: { id: string, eventId: string | null, type: string, status: WebhookDeliveryStatus, attempts: number, createdAt: string, lastAttemptAt: string | null, nextAttemptAt: string | null, responseStatus: number | null, error: string | null } | null, userErrors: Array<{ code: UserErrorCode, field: Array<string> | null, message: string }> } };

export type BulkJobRowFragment = { id: string, kind: BulkJobKind, state: BulkJobState, actor: string, total: number | null, listed: number, handled: number, deleted: number, updated: number, unchanged: number, refused: number, failure: string | null, createdAt: string, startedAt: string | null, finishedAt: string | null };

export type BulkJobsQueryVariables = Exact<{
  first?: number | null | undefined;
}>;


export type BulkJobsQuery = { bulkJobs: { nodes: Array<{ id: string, kind: BulkJobKind, state: BulkJobState, actor: string, total: number | null, listed: number, handled: number, deleted: number, updated: number, unchanged: number, refused: number, failure: string | null, createdAt: string, startedAt: string | null, finishedAt: string | null }> } };

export type BulkJobQueryVariables = Exact<{
  id: string;
}>;


export type BulkJobQuery = { bulkJob: { id: string, kind: BulkJobKind, state: BulkJobState, actor: string, total: number | null, listed: number, handled: number, deleted: number, updated: number, unchanged: number, refused: number, failure: string | null, createdAt: string, startedAt: string | null, finishedAt: string | null } | null };

export type BulkJobProgressSubscriptionVariables = Exact<{
  id: string;
}>;


export type BulkJobProgressSubscription = { bulkJobProgress: { id: string, kind: BulkJobKind, state: BulkJobState, actor: string, total: number | null, listed: number, handled: number, deleted: number, updated: number, unchanged: number, refused: number, failure: string | null, createdAt: string, startedAt: string | null, finishedAt: string | null } | null };

export type BulkRefusalsQueryVariables = Exact<{
  id: string;
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type BulkRefusalsQuery = { bulkJob: { id: string, refusals: { nodes: Array<{ contactId: string | null, sessionId: string | null, code: BulkRefusalCode, message: string }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } } | null };

export type NamedQueryVariables = Exact<{
  ids: Array<string> | string;
}>;


export type NamedQuery = { nodes: Array<
    | { displayName: string, id: string }
    | { id: string }
    | { id: string }
    | { contactName: string, id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
   | null> };

export type ContactsCountAllQueryVariables = Exact<{
  search?: string | null | undefined;
  filter?: ContactFilter | null | undefined;
}>;


export type ContactsCountAllQuery = { contacts: { totalCount: { value: number, exact: boolean } } };

export type BulkDeleteContactsMutationVariables = Exact<{
  input: BulkDeleteContactsInput;
}>;


export type BulkDeleteContactsMutation = { bulkDeleteContacts: { count: number | null, token: string | null, job: { id: string, kind: BulkJobKind, state: BulkJobState, actor: string, total: number | null, listed: number, handled: number, deleted: number, updated: number, unchanged: number, refused: number, failure: string | null, createdAt: string, startedAt: string | null, finishedAt: string | null } | null, userErrors: Array<{ code: UserErrorCode, field: Array<string> | null, message: string }> } };

export type CancelBulkJobMutationVariables = Exact<{
  id: string;
}>;


export type CancelBulkJobMutation = { cancelBulkJob: { job: { id: string, kind: BulkJobKind, state: BulkJobState, actor: string, total: number | null, listed: number, handled: number, deleted: number, updated: number, unchanged: number, refused: number, failure: string | null, createdAt: string, startedAt: string | null, finishedAt: string | null } | null, userErrors: Array<{ code: UserErrorCode, field: Array<string> | null, message: string }> } };

export type ExportAllowedQueryVariables = Exact<{ [key: string]: never; }>;


export type ExportAllowedQuery = { workspace: { id: string, exportAllowed: boolean } };

export type ImportRowFragment = { id: string, state: ImportState, fileName: string, createdBy: string, rows: number, handled: number, created: number, updated: number, unchanged: number, refused: number, failure: string | null, createdAt: string, startedAt: string | null, finishedAt: string | null };

export type ImportsQueryVariables = Exact<{
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type ImportsQuery = { importJobs: { nodes: Array<{ id: string, state: ImportState, fileName: string, createdBy: string, rows: number, handled: number, created: number, updated: number, unchanged: number, refused: number, failure: string | null, createdAt: string, startedAt: string | null, finishedAt: string | null }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type ImportQueryVariables = Exact<{
  id: string;
}>;


export type ImportQuery = { importJob: { id: string, state: ImportState, fileName: string, createdBy: string, rows: number, handled: number, created: number, updated: number, unchanged: number, refused: number, failure: string | null, createdAt: string, startedAt: string | null, finishedAt: string | null, form: { format: string, separator: string | null, encoding: string, header: boolean } | null, columns: Array<{ name: string, field: ImportField, samples: Array<string> }> } | null };

export type ImportPreviewQueryVariables = Exact<{
  input: StartImportInput;
  after: number;
}>;


export type ImportPreviewQuery = { importPreview: { created: number, updated: number, unchanged: number, refused: number, last: number, more: boolean, rows: Array<{ row: number, outcome: UpsertOutcome, name: string | null, column: number | null, reason: string | null }> } };

export type StartImportMutationVariables = Exact<{
  input: StartImportInput;
}>;


export type StartImportMutation = { startImport: { importJob: { id: string, state: ImportState, fileName: string, createdBy: string, rows: number, handled: number, created: number, updated: number, unchanged: number, refused: number, failure: string | null, createdAt: string, startedAt: string | null, finishedAt: string | null } | null, userErrors: Array<{ code: UserErrorCode, field: Array<string> | null, message: string }> } };

export type CancelImportMutationVariables = Exact<{
  id: string;
}>;


export type CancelImportMutation = { cancelImport: { importJob: { id: string, state: ImportState, fileName: string, createdBy: string, rows: number, handled: number, created: number, updated: number, unchanged: number, refused: number, failure: string | null, createdAt: string, startedAt: string | null, finishedAt: string | null } | null, userErrors: Array<{ code: UserErrorCode, field: Array<string> | null, message: string }> } };

export type WorkspaceRowFragment = { id: string, name: string, displayName: string | null, defaultRegion: string | null, exportRole: Role, maskedFor: Array<Role>, revision: number, retention: { historyDays: number | null, auditDays: number | null, failureDays: number | null } | null, serverDefaults: { defaultRegion: string | null, historyDays: number, auditDays: number, failureDays: number } | null };

export type WorkspaceQueryVariables = Exact<{ [key: string]: never; }>;


export type WorkspaceQuery = { workspace: { id: string, name: string, displayName: string | null, defaultRegion: string | null, exportRole: Role, maskedFor: Array<Role>, revision: number, retention: { historyDays: number | null, auditDays: number | null, failureDays: number | null } | null, serverDefaults: { defaultRegion: string | null, historyDays: number, auditDays: number, failureDays: number } | null } };

export type UpdateWorkspaceMutationVariables = Exact<{
  input: UpdateWorkspaceInput;
}>;


export type UpdateWorkspaceMutation = { updateWorkspace: { workspace: { id: string, name: string, displayName: string | null, defaultRegion: string | null, exportRole: Role, maskedFor: Array<Role>, revision: number, retention: { historyDays: number | null, auditDays: number | null, failureDays: number | null } | null, serverDefaults: { defaultRegion: string | null, historyDays: number, auditDays: number, failureDays: number } | null } | null, userErrors: Array<{ code: UserErrorCode, field: Array<string> | null, message: string }> } };

export const SessionRowFragmentDoc = /*#__PURE__*/ gql`
    fragment SessionRow on Session {
  id
  contact {
    id
    displayName
  }
  contactName
  channel {
    id
    name
    type
  }
  channelAccount
  status
  tag
  lastMessagePreview
  lastMessageAt
  unreadCount
  startedAt
}
    ` as unknown as DocumentNode<SessionRowFragment, unknown>;
export const PageFragmentDoc = /*#__PURE__*/ gql`
    fragment Page on PageInfo {
  hasNextPage
  hasPreviousPage
  startCursor
  endCursor
}
    ` as unknown as DocumentNode<PageFragment, unknown>;
export const ChannelRowFragmentDoc = /*#__PURE__*/ gql`
    fragment ChannelRow on Channel {
  id
  name
  type
  active
  requireSignedIdentity
}
    ` as unknown as DocumentNode<ChannelRowFragment, unknown>;
export const ViewRowFragmentDoc = /*#__PURE__*/ gql`
    fragment ViewRow on SavedView {
  id
  name
  address
  version
}
    ` as unknown as DocumentNode<ViewRowFragment, unknown>;
export const ContactRowFragmentDoc = /*#__PURE__*/ gql`
    fragment ContactRow on Contact {
  id
  name
  displayName
  email
  emailVerified
  phone
  phoneInternational
  phoneVerified
  notes
  version
  createdAt
  lastActivityAt
  identities {
    id
    channel {
      id
      name
      type
    }
  }
}
    ` as unknown as DocumentNode<ContactRowFragment, unknown>;
export const ViewerDocument = /*#__PURE__*/ gql`
    query Viewer {
  viewer {
    subject
    name
    role
    workspace
    masked
  }
}
    ` as unknown as DocumentNode<ViewerQuery, ViewerQueryVariables>;
export const ContactsDocument = /*#__PURE__*/ gql`
    query Contacts($search: String, $filter: ContactFilter, $orderBy: ContactOrder, $first: Int, $after: String, $last: Int, $before: String, $skip: Int) {
  contacts(
    search: $search
    filter: $filter
    orderBy: $orderBy
    first: $first
    after: $after
    last: $last
    before: $before
    skip: $skip
  ) {
    edges {
      cursor
      node {
        ...ContactRow
      }
    }
    pageInfo {
      ...Page
    }
    search
    workspaceHasContacts
  }
}
    ${ContactRowFragmentDoc}
${PageFragmentDoc}` as unknown as DocumentNode<ContactsQuery, ContactsQueryVariables>;
export const ContactsCountDocument = /*#__PURE__*/ gql`
    query ContactsCount($search: String, $filter: ContactFilter) {
  contacts(search: $search, filter: $filter, first: 1) {
    totalCount(max: 1000) {
      value
      exact
    }
  }
}
    ` as unknown as DocumentNode<ContactsCountQuery, ContactsCountQueryVariables>;
export const ContactDocument = /*#__PURE__*/ gql`
    query Contact($id: ID!) {
  contact(id: $id) {
    ...ContactRow
  }
}
    ${ContactRowFragmentDoc}` as unknown as DocumentNode<ContactQuery, ContactQueryVariables>;
export const UpdateContactDocument = /*#__PURE__*/ gql`
    mutation UpdateContact($input: UpdateContactInput!) {
  updateContact(input: $input) {
    contact {
      ...ContactRow
    }
    eventId
    userErrors {
      code
      field
      message
      contact {
        ...ContactRow
      }
    }
  }
}
    ${ContactRowFragmentDoc}` as unknown as DocumentNode<UpdateContactMutation, UpdateContactMutationVariables>;
export const UndoMergeDocument = /*#__PURE__*/ gql`
    mutation UndoMerge($input: UndoMergeInput!) {
  undoMerge(input: $input) {
    contact {
      ...ContactRow
    }
    restored {
      ...ContactRow
    }
    kept
    eventId
    userErrors {
      code
      field
      message
    }
  }
}
    ${ContactRowFragmentDoc}` as unknown as DocumentNode<UndoMergeMutation, UndoMergeMutationVariables>;
export const SessionsDocument = /*#__PURE__*/ gql`
    query Sessions($filter: SessionFilter, $first: Int, $after: String, $last: Int, $before: String, $skip: Int) {
  sessions(
    filter: $filter
    first: $first
    after: $after
    last: $last
    before: $before
    skip: $skip
  ) {
    edges {
      cursor
      node {
        ...SessionRow
      }
    }
    pageInfo {
      ...Page
    }
  }
}
    ${SessionRowFragmentDoc}
${PageFragmentDoc}` as unknown as DocumentNode<SessionsQuery, SessionsQueryVariables>;
export const SessionDocument = /*#__PURE__*/ gql`
    query Session($id: ID!) {
  session(id: $id) {
    ...SessionRow
  }
}
    ${SessionRowFragmentDoc}` as unknown as DocumentNode<SessionQuery, SessionQueryVariables>;
export const SessionIdentityDocument = /*#__PURE__*/ gql`
    query SessionIdentity($id: ID!) {
  session(id: $id) {
    id
    identity {
      id
      externalId
    }
  }
}
    ` as unknown as DocumentNode<SessionIdentityQuery, SessionIdentityQueryVariables>;
export const SessionCountsDocument = /*#__PURE__*/ gql`
    query SessionCounts($filter: SessionFilter) {
  sessionCounts(filter: $filter) {
    total
    statuses {
      status
      count
    }
    tags {
      tag
      count
    }
    channels {
      channel {
        id
        name
        type
      }
      count
    }
  }
}
    ` as unknown as DocumentNode<SessionCountsQuery, SessionCountsQueryVariables>;
export const UpdateSessionDocument = /*#__PURE__*/ gql`
    mutation UpdateSession($input: UpdateSessionInput!) {
  updateSession(input: $input) {
    session {
      ...SessionRow
    }
    eventId
    userErrors {
      code
      field
      message
    }
  }
}
    ${SessionRowFragmentDoc}` as unknown as DocumentNode<UpdateSessionMutation, UpdateSessionMutationVariables>;
export const LastEventDocument = /*#__PURE__*/ gql`
    query LastEvent {
  lastEventId
}
    ` as unknown as DocumentNode<LastEventQuery, LastEventQueryVariables>;
export const ContactEventsDocument = /*#__PURE__*/ gql`
    subscription ContactEvents($after: ID) {
  contactEvents(after: $after) {
    eventId
    kind
    contactId
    contact {
      ...ContactRow
    }
  }
}
    ${ContactRowFragmentDoc}` as unknown as DocumentNode<ContactEventsSubscription, ContactEventsSubscriptionVariables>;
export const SessionEventsDocument = /*#__PURE__*/ gql`
    subscription SessionEvents($after: ID, $filter: SessionFilter) {
  sessionEvents(after: $after, filter: $filter) {
    eventId
    kind
    sessionId
    session {
      ...SessionRow
    }
    contactId
  }
}
    ${SessionRowFragmentDoc}` as unknown as DocumentNode<SessionEventsSubscription, SessionEventsSubscriptionVariables>;
export const ChannelsDocument = /*#__PURE__*/ gql`
    query Channels($first: Int, $after: String) {
  channels(first: $first, after: $after) {
    nodes {
      ...ChannelRow
    }
    pageInfo {
      ...Page
    }
  }
}
    ${ChannelRowFragmentDoc}
${PageFragmentDoc}` as unknown as DocumentNode<ChannelsQuery, ChannelsQueryVariables>;
export const SavedViewsDocument = /*#__PURE__*/ gql`
    query SavedViews {
  savedViews(first: 100) {
    nodes {
      ...ViewRow
    }
  }
}
    ${ViewRowFragmentDoc}` as unknown as DocumentNode<SavedViewsQuery, SavedViewsQueryVariables>;
