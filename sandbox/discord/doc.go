// Package discord is a local Discord: a real HTTP and WebSocket server on the
// loopback interface that behaves, towards an app, as Discord's platform does,
// with switches that make it misbehave. Tests and the program's sandbox share
// it. It is an independent peer: it knows nothing of the bot, and nothing of
// the library that the bot uses.
//
// # Simulated
//
//   - REST under /api/v9 and /api/v10: gateway discovery with the session
//     start limit, users/@me, applications/@me, channels, guilds, direct
//     messages, messages (create, read, edit, delete, list), global application
//     commands, interaction callbacks, follow-ups and @original. JSON bodies.
//   - Authorization, the User-Agent that Discord asks for, and its error
//     bodies: {"code":50035,"message":"Invalid Form Body","errors":{…}}.
//   - Documented limits of messages, embeds, components (also version 2),
//     modals, commands, autocomplete choices, nonces and allowed_mentions.
//   - Files of a new message (multipart, files[n] and attachments), their limits, the
//     permission for them, and their addresses.
//   - enforce_nonce: the same nonce from the same author gives the first
//     message again.
//   - Pings: what a message of the app notifies, computed from its text and
//     its allowed_mentions with Discord's defaults. See Message.Pings.
//   - Permissions from owner, roles and channel overwrites, enforced for the
//     app's own calls, and told in interactions.
//   - Rate limits by bucket with their headers, 429 of each scope. Posts have
//     Discord's usual limit, 5 in 5 s in a channel.
//   - Embeds that a flag suppresses, and edits that set it or take it back.
//   - The gateway, version 9, JSON: hello, heartbeats both ways, identify with
//     its checks, READY, GUILD_CREATE, sequence numbers, resume with replay on
//     an address of its own, op 7, op 9, close codes, the sizes and rates an
//     app must keep to, intents, sharding, message content without its intent.
//   - Interactions: slash commands with subcommands, autocomplete, buttons; the
//     time to acknowledge, the life of a token, private (ephemeral) messages,
//     deferral.
//   - Players: Say, EditSaid, DeleteSaid, Slash, Autocomplete, Press, PressStale.
//   - Faults, see type Faults.
//
// # Not simulated
//
//   - Reactions, typing, files of edits and of answers to interactions, selects and modals from players, commands of
//     one guild, 4011, the global limit.
//   - TLS, transport compression, the ETF encoding, voice, presences, typing
//     notices, invites, webhooks other than an interaction's, polls, stickers, forums, audit logs, permissions of commands, localised
//     command names, user and message
//     commands from players, interactions over HTTP.
//   - Fetching of members over the gateway (op 8): accepted, not answered.
//   - The daily limit on creating commands, the limit on editing old messages,
//     the ban after 10,000 invalid requests (Calls lets a test count them).
//   - What a client draws: embeds and components are kept as they were sent.
//
// Lengths are counted in code points. Where Discord's documents are silent the
// stricter behaviour was chosen: mentions in code or behind a backslash count
// as pings, everyone's too when the app lacks the permission for it; a nonce is
// compared over all channels.
package discord
