<?php
// The gateway's rules, once, for both faces. An answer is ['code' => …, 'id' => … or null].

/** Only a text or a number is an argument: PHP makes arrays of `name[]=…` and of nested XML. */
function text_of($value) {
    return is_string($value) || is_numeric($value) ? (string) $value : '';
}

function load_state() {
    $file = CONFIG['state'];
    return is_file($file) ? json_decode(file_get_contents($file), true) : ['sent' => 0, 'messages' => []];
}

function save_state($state) {
    // A text may hold bytes that are no UTF-8; without the flag the whole state would be lost.
    file_put_contents(CONFIG['state'], json_encode($state, JSON_INVALID_UTF8_SUBSTITUTE), LOCK_EX);
}

function known($username, $password) {
    return isset(CONFIG['accounts'][$username]) && CONFIG['accounts'][$username] === $password;
}

/** The first of the codes that apply, by the profile's precedence; null when none does. */
function first_that_applies($applies, $precedence) {
    foreach ($precedence as $code) {
        if ($applies[$code] ?? false) return $code;
    }
    return null;
}

function send_sms($arguments) {
    foreach (['username', 'password', 'number', 'message', 'extra'] as $name) {
        $arguments[$name] = text_of($arguments[$name] ?? '');
    }
    ['username' => $username, 'password' => $password, 'number' => $number, 'message' => $message] = $arguments;
    $wrong = first_that_applies([
        101 => $username === '',
        102 => $password === '',
        103 => $message === '',
        104 => $number === '',
        201 => !known($username, $password),
        307 => !preg_match('/^(?:' . CONFIG['number_pattern'] . ')$/D', $number),
        105 => mb_strlen($message, 'UTF-8') > CONFIG['max_length'],
    ], CONFIG['precedence']);
    if ($wrong !== null) return ['code' => $wrong, 'id' => null];
    // Reserved numbers: 52 0000000 CCC answers code CCC; 52 0000001 00S is accepted and ends in S.
    if (CONFIG['reserved_numbers'] && preg_match('/^520000000([0-9]{3})$/D', $number, $reserved)
        && $reserved[1] !== '100' && isset(CONFIG['texts']['send'][$reserved[1]])) {
        return ['code' => (int) $reserved[1], 'id' => null];
    }
    $state = load_state();
    $id = sprintf(CONFIG['id_format'], CONFIG['first_id'] + $state['sent']);
    $state['sent'] += 1;
    $state['messages'][$id] = $arguments + ['queries' => 0];
    save_state($state);
    return ['code' => 100, 'id' => $id];
}

function message_status($arguments) {
    $username = text_of($arguments['username'] ?? '');
    $id = text_of($arguments['messageid'] ?? '');
    $state = load_state();
    $message = $state['messages'][$id] ?? null;
    $wrong = first_that_applies([
        5 => !known($username, text_of($arguments['password'] ?? '')),
        6 => $message === null || $message['username'] !== $username,
    ], CONFIG['status_precedence']);
    if ($wrong !== null) return ['code' => $wrong, 'id' => $id];
    if (CONFIG['reserved_numbers'] && preg_match('/^520000001([0-9]{3})$/D', $message['number'], $reserved)
        && isset(CONFIG['texts']['status'][(int) $reserved[1]])) {
        return ['code' => (int) $reserved[1], 'id' => $id];
    }
    $state['messages'][$id]['queries'] += 1;
    save_state($state);
    return ['code' => $message['queries'] < CONFIG['pending_queries'] ? 0 : 3, 'id' => $id];
}
