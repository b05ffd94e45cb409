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
    taken: "That name belongs to somebody.",
    isItYou: "Is it you?",
    otherDevice: "Use another device",
    otherDeviceHint: "One where you are signed in",
    useCode: "Use your recovery code",
    useCodeHint: "The one you kept when you joined",
    ifNot: "If not, write another name.",
  },

  back: {
    title: "Welcome back",
    byLink: {
      label: "Device link",
      wrong: "That is no link from Add a device. Paste the whole link.",
    },
    byCode: {
      label: "Recovery code",
      wrong: "A recovery code has 24 letters and digits, without 0, O, 1, I and L.",
    },
    /** Every second part is bold. */
    atOtherDevice: (name: string | null) => [
      name === null
        ? "On a device where you are signed in, open "
        : `On a device where you are ${name}, open `,
      "You",
      ", then ",
      "Add a device",
      ". Scan its code with this camera, or paste the link here.",
    ],
    codeOf: (name: string) => ["Type the recovery code that you kept for ", name],
    worksOnce: "It works once. You get a new one inside.",
    comeIn: "Come in",
    comingIn: "Coming in…",
    linked: (name: string) => `This device is ${name}'s now, too.`,
    continueAs: (name: string) => `Continue as ${name}`,
    refused:
      "The server did not let you in. Ask for a new link, or open the invite link of this chat first.",
    otherName: "Use another name",
  },

  device: {
    browsers: [
      ["Edg", "Edge"],
      ["OPR", "Opera"],
      ["SamsungBrowser", "Samsung Internet"],
      ["Firefox", "Firefox"],
      ["FxiOS", "Firefox"],
      ["CriOS", "Chrome"],
      ["Chrome", "Chrome"],
      ["Safari", "Safari"],
    ],
    systems: [
      ["iPhone", "iPhone"],
      ["iPad", "iPad"],
      ["Android", "Android"],
      ["CrOS", "ChromeOS"],
      ["Windows", "Windows"],
      ["Mac OS", "Mac"],
      ["Linux", "Linux"],
    ],
    label: (browser: string, system: string) => `${browser} on ${system}`,
    unnamed: "A device",
  },

  you: {
    title: "You",
    more: "Name, devices, recovery code",
    name: "Name",
    save: "Save",
    isYours: "This name is yours. Nobody else can use it here.",
    saved: "Saved. Your old name stays yours for 30 days: nobody else gets it.",
    devices: "Devices",
    here: (day: string) => `This device, since ${day}`,
    today: "Last here today",
    lastHere: (day: string) => `Last here on ${day}`,
    signOut: "Sign out",
    signOutOf: (label: string) => `Sign out ${label}`,
    addDevice: "Add a device",
    ifLost: "If you lose every device",
    code: "Recovery code",
    codeMade: (day: string) => `Made on ${day}`,
    leave: "Leave this place",
    forgetMe: "Forget me here…",
    notPrivate: "This connection is not private",
    notPrivateWhy:
      "Who can watch this network reads the messages, and what proves that you are you. The person who runs this chat can put a TLS proxy in front, such as Caddy.",
    unstored:
      "This browser keeps nothing, so the name is yours on this device only until the tab is closed. Keep the recovery code.",
    lost: "The connection is lost. Try again when it is back.",
    notLoaded:
      "This part of the page could not be loaded. Reload the page when the connection is back.",
    loading: "Loading…",
    back: "Back",
    cancel: "Cancel",
  },

  addDevice: {
    title: "Add a device",
    qr: "QR code of the link",
    steps: ["Open the camera on the new device.", "Point it at this code."],
    asYou: "It opens Fireside as you.",
    as: (name: string) => `It opens Fireside as ${name}.`,
    label: "No camera? Open this link there",
    copy: "Copy link",
    keep: "Keep it to yourself: who opens it is you. It works once and ends in ",
    giveOnly: (name: string) =>
      `Give it to ${name} alone: who opens it is ${name}. It works once and ends in `,
    left: (minutes: number, seconds: number) => `${minutes}:${String(seconds).padStart(2, "0")}`,
    over: "This link has ended.",
    again: "New link",
  },

  recovery: {
    title: "Your recovery code",
    newTitle: "Your new recovery code",
    what: "It lets you back in when no device is at hand. Keep it on paper or in a password manager. We show it this once.",
    newWhat:
      "It lets you back in when no device is at hand. Keep it on paper or in a password manager. We show it this once, and the old one no longer works.",
    copy: "Copy",
    copied: "Copied",
    save: "Save as a file",
    file: "fireside-recovery-code.txt",
    inFile: (name: string, place: string, code: string) =>
      `${APP}: ${place}\nName: ${name}\nRecovery code: ${code}\n`,
    kept: "I have kept it",
    ask: "Make a new recovery code?",
    askWhat: "The one that you have stops working at once.",
    make: "Make a new code",
  },

  forgetMe: {
    title: "Leave this place?",
    what: "Your name, devices and recovery code are removed for good. Your messages stay, under the name Somebody. Nobody can take your name for 30 days.",
    label: "Type your name to be forgotten",
    wrong: "That is not your name.",
    forget: "Forget me",
  },

  wayBack: {
    yours: (name: string) => `${name} is yours on this device.`,
    keep: "Keep a way back",
    notNow: "Not now",
  },

  notices: {
    link: "An owner made a link that adds a device to your name.",
    added: "A device was added",
    signItOut: "Sign it out",
    owner: "You are an owner of this place now.",
    moderator: "You are a moderator now.",
    dismiss: "Dismiss",
  },

  moderation: {
    about: (name: string) => `About ${name}`,
    silence: "Silence for a while…",
    ban: "Ban…",
    makeModerator: "Make moderator",
    makeMember: "Make member",
    helpBack: "Help back in…",
    helpBackTitle: (name: string) => `Help ${name} back in`,
    toChoice: "Back",
    isModerator: (name: string) => `${name} is a moderator now.`,
    isMember: (name: string) => `${name} is a member now.`,
    silenceTitle: (name: string) => `Silence ${name}?`,
    silenceWhat: (name: string) =>
      `${name} can read but not write, in every room, and is told until when.`,
    howLong: "For how long",
    spans: [
      { label: "An hour", deed: "Silence for an hour", seconds: 3_600 },
      { label: "A day", deed: "Silence for a day", seconds: 86_400 },
      { label: "A week", deed: "Silence for a week", seconds: 604_800 },
    ],
    silenced: (name: string) => `${name} can't write now.`,
    banTitle: (name: string) => `Ban ${name}?`,
    banWhat: (name: string) =>
      `All devices are signed out at once. No invite lets ${name} back in until you lift the ban in Settings.`,
    banWhatName: (name: string) =>
      `The name ${name} belongs to nobody: it is refused to all from now on, until you lift the ban in Settings.`,
    reason: "Reason",
    reasonHint: "only moderators see it",
    banDeed: (name: string) => `Ban ${name}`,
    banned: (name: string) => `${name} is banned.`,
    title: "Moderation",
    more: "Banned people, and what was done",
    bannedPeople: "Banned people",
    nobody: "Nobody is banned.",
    since: (day: string, by: string, reason: string) =>
      reason === "" ? `Since ${day}, by ${by}.` : `Since ${day}, by ${by}. ${sentence(reason)}`,
    lift: "Lift ban",
    liftOf: (name: string) => `Lift ban of ${name}`,
    trail: "What was done",
    nothing: "Nothing yet.",
    earlier: "Show earlier",
    deeds: {
      ban: (name: string) => `${name} was banned`,
      unban: (name: string) => `The ban of ${name} was lifted`,
      mute: (name: string) => `${name} was silenced`,
      unmute: (name: string) => `${name} may write again`,
      promote: (name: string, role: string) => `${name} was made ${role}`,
      own: (name: string) => `${name} became an owner by the owner link`,
      device_link: (name: string) => `A device link was made for ${name}`,
    },
    otherDeed: (name: string, action: string) => `${action}: ${name}`,
    byAt: (day: string, by: string, detail: string) =>
      detail === "" ? `${day}, by ${by}` : `${day}, by ${by}. ${sentence(detail)}`,
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
    unverified: "unverified",
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
    muted: (until: string) => `You can read but not write until ${until}.`,
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
    joinAs: "Join as somebody else",
  },

  forget: {
    title: "Forget this device",
    what: "Everything that this browser keeps of this chat is removed, in all its tabs: your name, the invite, drafts, unsent messages, settings, and the messages kept to read.",
    unsent: (count: number) =>
      counted(count, {
        one: "# message is not sent yet and will be lost.",
        other: "# messages are not sent yet and will be lost.",
      }),
    name: (name: string) =>
      `${name} is no longer yours here. Without another device or the recovery code the name is lost to you.`,
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
      ["Enter", "About the author of a message, for moderators"],
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
  sentence,
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
