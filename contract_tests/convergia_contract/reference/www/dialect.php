<?php
// How a reply's body spells an answer: the profile's dialects, written again in PHP so that a slip
// in the Python encoder shows. Texts are UTF-8 here.

/** The fields in the dialect's order: name => value; an absent id is left out. */
function fields($answer, $dialect, $operation) {
    $code = [$dialect['keys']['code'] => (string) $answer['code']];
    $id = $answer['id'] === null || ($operation === 'status') ? [] : [$dialect['keys']['id'] => $answer['id']];
    $text = $dialect['text'] ? [$dialect['keys']['text'] => CONFIG['texts'][$operation][$answer['code']]] : [];
    return ($dialect['order'] === 'id-code' ? $id + $code : $code + $id) + $text;
}

/** A body as the gateway's habits have it: `{code}`, `{id}` and `{text}` filled in, at any depth. */
function filled($body, $answer, $operation) {
    if (is_array($body)) return array_map(fn ($inner) => filled($inner, $answer, $operation), $body);
    return strtr((string) $body, [
        '{code}' => (string) $answer['code'],
        '{id}' => (string) $answer['id'],
        '{text}' => CONFIG['texts'][$operation][$answer['code']],
    ]);
}

/** What is printed before or behind a face's replies. */
function printed($place, $face) {
    return base64_decode(CONFIG['habits'][$place][$face] ?? '');
}

/** The HTTP face's reply. */
function print_reply($answer, $operation) {
    $habits = CONFIG['habits'];
    header('Content-Type: ' . CONFIG['content_type']);
    foreach ($habits['http_headers'] as $line) header($line);
    $body = spell($answer, 'http', $operation);
    if ($habits['http_charset'] !== 'UTF-8') $body = mb_convert_encoding($body, $habits['http_charset'], 'UTF-8');
    if ($habits['counts_reply_alone']) header('Content-Length: ' . strlen($body));
    echo printed('before', 'http'), $body, printed('after', 'http');
}

/** The body; an array for the forms that only SOAP has (struct, array). */
function spell($answer, $face, $operation) {
    $habit = CONFIG['habits']['bodies']["$face.$operation"] ?? null;
    if ($habit !== null) {
        $with_id = $operation === 'send' && $answer['id'] !== null;
        return filled($habit[$with_id ? 'with_id' : 'without_id'], $answer, $operation);
    }
    $dialect = CONFIG['reply'][$face][$operation];
    $fields = fields($answer, $dialect, $operation);
    switch ($dialect['form']) {
        case 'struct': return $fields + [$dialect['keys']['id'] => ''];
        case 'array': return array_values($fields);
        case 'code': $body = (string) $answer['code']; break;
        case 'separated': $body = implode($dialect['separator'], $fields); break;
        case 'key-value':
            $pairs = [];
            foreach ($fields as $name => $value) $pairs[] = "$name=$value";
            $body = implode($dialect['separator'], $pairs);
            break;
        case 'json':
            $fields[$dialect['keys']['code']] = $answer['code'];
            $body = json_encode($fields, JSON_UNESCAPED_UNICODE);
            break;
        case 'xml':
            $root = $dialect['keys']['root'];
            $body = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><$root>";
            foreach ($fields as $name => $value) $body .= "<$name>" . htmlspecialchars($value, ENT_XML1) . "</$name>";
            $body .= "</$root>";
            break;
        default: throw new Exception('no such form: ' . $dialect['form']);
    }
    return $dialect['html'] ? "<html><body>$body</body></html>" : $body;
}
