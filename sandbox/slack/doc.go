// Package slack is a local Slack: a real HTTP and WebSocket server on the
// loopback interface that behaves, towards an app, as Slack's platform does,
// with switches that make it misbehave. Tests and the program's sandbox share
// it. It is an independent peer: it knows nothing of the bot, and nothing of
// the library that the bot uses.
//
// # Simulated
//
//   - The Web API under /api/: api.test, auth.test, chat.postMessage,
//     chat.update, chat.postEphemeral, chat.delete, chat.getPermalink,
//     users.info, conversations.info, .history, .replies, .open, .members,
//     views.open, .push, .publish, .update, apps.connections.open,
//     files.getUploadURLExternal, files.completeUploadExternal, oauth.v2.access,
//     auth.revoke; form and JSON bodies; tokens, scopes, documented errors.
//   - Block Kit's documented limits for messages, modals and the Home tab,
//     refused with invalid_blocks (views: invalid_arguments) and the place of
//     each fault as a JSON pointer.
//   - Files that a message shows in an image block: their upload, its length and
//     its time, and the moment until Slack knows one as an image. Sharing a file into a
//     channel by itself (channel_id) is not simulated and refused.
//   - Live mentions: every broadcast, user or group mention that an app's
//     message would make live is recorded as a Ping.
//   - Workspaces, channels, DMs, threads, edits with their history, messages
//     that only one user sees, modals, the Home tab.
//   - Players: Say, EditMessage, DeleteMessage, Slash, Press, PressStale, Choose,
//     SubmitView, CloseView, OpenHome.
//   - Of Slack Connect, guests of a shared channel (User.Home): what they do
//     names their workspace as team, the app's as context.
//   - The Events API over HTTP: v0 signatures, the 3 s limit, three retries
//     with their headers, x-slack-no-retry, url_verification. The app's own
//     messages come back to it as events, as Slack's do.
//   - Slash commands and interactions: trigger_id (3 s, once), response_url
//     (5 uses, 30 min), the notice that the user sees when the app fails.
//   - Socket Mode: single-use tickets, hello, envelopes, acknowledgements with
//     payload, resending, up to ten sockets, disconnect frames, pings.
//   - OAuth v2: the authorize page (it consents at once where there is nothing to
//     choose), the exchange of a single-use code, the scopes that were asked for,
//     uninstalling with its events, and a new token when a dead one is replaced.
//   - Faults, see type Faults.
//
// # Not simulated
//
//   - TLS, Enterprise Grid, user tokens, token rotation, other files, reactions,
//     pins, reminders, search, workflows, incoming webhooks, unfurls.
//   - Rate limits by tier; only one message a second and channel, when switched
//     on, and the limits that a test asks for.
//   - The delayed-events schedule (hourly for a day), and app_rate_limited by
//     count. Text over 4,000 characters is refused with msg_too_long; Slack
//     splits it in some cases.
//   - The legacy "attachments" beyond being kept, scanned for mentions, and
//     returned.
//   - The look of anything: blocks are kept as they were sent.
//
// Where Slack's documents are silent the stricter behaviour was chosen: a
// redelivered envelope has a new envelope_id, action_ids must differ in the
// whole message, a reply to a thread that does not exist is refused with
// thread_not_found.
package slack
