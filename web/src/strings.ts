/**
 * Every text that a user sees or hears on this page, and nothing else.
 *
 * Another language is another object of the same type. The server's own sentences (why a message was
 * refused, why a connection was closed) are shown as they come.
 */

const LANGUAGE = "en";
const APP = "Fireside";
const SENT_TOO_MUCH = "If you sent too much in this hour, wait for the next.";
const UNCLEAR_INVITE =
  "The invite link in the address is not whole. Open or paste the whole link, or ask for it again.";

export const STRINGS = {
  app: APP,

  join: {
    title: "Pull up a chair",
    what: "Choose the name others will see. You can change it any time.",
    name: "Your name",
    join: "Join the conversation",
    joining: "Joining…",
    note: "Messages stay on this server.",
    invite: "Invite link",
    inviteHint:
      "This chat needs an invite. Ask its owner for the link, then open it or paste it here.",
    noInvite: "Paste your invite link first.",
    badInvite: "That is not an invite link. Paste the whole link.",
    unclearInvite: UNCLEAR_INVITE,
    notInvited: `The server did not let you in. Your invite may have been replaced: ask for a new link, or try another name. ${SENT_TOO_MUCH}`,
    refused: `The server did not let you in. Try another name, or the address its owner gave you. ${SENT_TOO_MUCH}`,
    noUpgrade:
      "The server is there, but WebSockets don't reach it. Tell the person who runs this chat: the proxy in front must pass the Upgrade header on.",
    unknownProxy:
      "The server is there, but it was not told of the proxy in front of it. Tell the person who runs this chat: start it with --public-url and the address of this page.",
    away: "The server does not answer. Check your connection, then try again.",
  },

  badName: {
    tooShort: (least: number) =>
      counted(least, { one: "Use at least # character.", other: "Use at least # characters." }),
    tooLong: (most: number) =>
      counted(most, { one: "Use at most # character.", other: "Use at most # characters." }),
    characters: "Use letters, digits, spaces, hyphens and underscores only.",
    noLetter: "Use at least one letter or digit.",
    spaces: "Use one space at a time.",
    marks: "Put marks on a letter, and at most three.",
    scripts: "Use letters of one alphabet, or Latin with Chinese, Japanese or Korean.",
  },

  room: {
    skip: "Skip to writing",
    side: "Rooms and you",
    rooms: "Rooms",
    named: (room: string) => `#${room}`,
    title: (room: string) => `# ${room}`,
  },

  tab: {
    inRoom: (room: string) => `#${room} · ${APP}`,
    unread: (count: number, title: string) => `(${count > 99 ? "99+" : count}) ${title}`,
    notification: (author: string, room: string) => `${author} in #${room}`,
  },

  connection: {
    connected: "Connected",
    reconnecting: "Reconnecting",
    disconnected: "Disconnected",
    lost: "Connection lost. Your messages are kept.",
    blocked: `The server does not let you in any more. Your messages are kept. ${SENT_TOO_MUCH}`,
    noUpgrade:
      "WebSockets don't reach the server any more. Your messages are kept. Tell the person who runs this chat: the proxy in front must pass the Upgrade header on.",
    unknownProxy:
      "The server was not told of the proxy in front of it. Your messages are kept. Tell the person who runs this chat: start it with --public-url and the address of this page.",
    uninvited: `The server does not let you in any more. Your messages are kept. If the invite was replaced, open the new link here. ${SENT_TOO_MUCH}`,
    unclearInvite: `The server does not let you in any more. Your messages are kept. ${UNCLEAR_INVITE}`,
    over: (reason: string) => `The server ended this visit: ${reason}`,
    tryingNow: "Trying again now.",
    tryingIn: (seconds: number) => `Trying again in ${numeral(seconds)} s.`,
    retry: "Retry now",
    joinAgain: "Join again",
  },

  log: {
    name: (room: string) => `Messages in ${room}`,
    loading: "Loading messages…",
    loadingEarlier: "Loading earlier messages…",
    showEarlier: "Show earlier messages",
    empty: "No messages yet. Start the conversation.",
    reset: "The history changed while you were away. It continues here.",
    newLine: (count: number) => `${numeral(count)} new`,
    newBelow: (count: number) => counted(count, { one: "# new message", other: "# new messages" }),
    latest: "Latest",
    you: "You",
    today: (day: string) => `Today, ${day}`,
    yesterday: (day: string) => `Yesterday, ${day}`,
    announced: (author: string, text: string) => `${author}: ${text}`,
  },

  delivery: {
    sending: "Sending",
    waiting: "Waiting for connection",
    unanswered: "The server did not answer",
    failed: (reason: string) => `Not delivered. ${sentence(reason)}`,
    retry: "Try again",
    edit: "Edit",
    discard: "Delete",
  },

  composer: {
    name: (room: string) => `Message ${room}`,
    placeholder: (room: string) => `Message #${room}`,
    send: "Send",
    offline: "Sends when you are back online",
    left: (count: number) => `${numeral(count)} left`,
    tooMany: (count: number) => `${numeral(count)} too many`,
    full: "The field is full, and the end of your paste is missing. Send this in parts, then paste the rest.",
    enterSends: [
      ["Enter", "to send,"],
      ["Shift Enter", "for a new line"],
    ],
    enterAddsLine: [
      ["Ctrl Enter", "to send,"],
      ["Enter", "for a new line"],
    ],
  },

  settings: {
    title: "Settings",
    theme: "Theme",
    themes: { system: "System", light: "Light", dark: "Dark" },
    writing: "Writing",
    enterAddsLine: "Enter starts a new line, Ctrl+Enter sends",
    notifications: "Notifications",
    notify: "Notify me about new messages when this tab is in the background",
    notHere: "This browser offers notifications only over https.",
    blocked: "Your browser blocks them for this page. You can allow them in its settings.",
    changeName: "Change name",
  },

  forget: {
    title: "Forget this device",
    what: "Everything that this browser keeps of this chat is removed, in all its tabs: your name, the invite, drafts, unsent messages, settings, and the messages kept to read.",
    unsent: (count: number) =>
      counted(count, {
        one: "# message is not sent yet and will be lost.",
        other: "# messages are not sent yet and will be lost.",
      }),
    stays:
      "What you sent stays in the chat. To come back you need its address and, where it asks for one, the invite link.",
    forget: "Forget everything here",
    cancel: "Cancel",
  },

  details: {
    title: "Connection details",
    connection: "Connection",
    messages: "Messages",
    notLoaded: "not loaded yet",
    none: "none yet",
    complete: (through: number) => `complete to #${numeral(through)}`,
    fetching: (known: number) => `, fetching up to #${numeral(known)}`,
    toSend: "Still to send",
    unreadable: "Unreadable",
    skipped: (count: number) =>
      counted(count, { one: "# frame skipped", other: "# frames skipped" }),
    count: (count: number) => numeral(count),
  },

  keys: {
    title: "Keys",
    list: [
      ["↑ ↓", "Row above or below, in the messages"],
      ["End", "Latest message, in the messages"],
      ["Esc", "Back to writing"],
      ["Ctrl /", "These keys"],
    ],
  },

  failure: {
    page: "Something went wrong on this page",
    kept: "What you wrote is kept on this device.",
    unstored:
      "This browser could not store all that you wrote. Try again first: a reload may lose it.",
    retry: "Try again",
    reload: "Reload the page",
  },

  close: "Close",
} as const;

const NUMBERS = new Intl.NumberFormat(LANGUAGE);
const PLURALS = new Intl.PluralRules(LANGUAGE);

/** One text for each plural form of the language; `#` stands for the number. */
type Forms = Partial<Record<Intl.LDMLPluralRule, string>> & { other: string };

function counted(count: number, forms: Forms): string {
  const form = forms[PLURALS.select(count)] ?? forms.other;
  return form.replace("#", numeral(count));
}

/** Add a full stop: the server's reasons end without one. */
function sentence(text: string): string {
  return /\p{L}$/u.test(text) ? `${text}.` : text;
}

function numeral(count: number): string {
  return NUMBERS.format(count);
}
