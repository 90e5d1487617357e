<?php
// PHP's own SoapServer, in WSDL mode: everything on the wire is its own.

/** SoapServer calls an operation by its name; arguments come by position, or in one object. */
class Service {
    public function __call($name, $values) {
        $service = CONFIG['service'];
        foreach (['send', 'status'] as $operation) {
            if ($service[$operation]['name'] === $name) return answer_operation($operation, $values);
        }
        if (isset(CONFIG['service']['functions'][$name])) return answer_function($name, $values);
        throw new SoapFault('Server', "no such function: $name");
    }
}

/** The named arguments, however deep the WSDL wraps them. */
function named_arguments($described, $values) {
    $values = json_decode(json_encode($values), true);
    $found = [];
    if (CONFIG['service']['style'] === 'rpc' && !CONFIG['service']['nested']) {
        foreach (array_keys($described['parts']) as $position => $parameter) {
            $found[$parameter] = text_of($values[$position] ?? '');
        }
        return $found;
    }
    $parameters = array_flip($described['parts']);
    array_walk_recursive($values, function ($value, $name) use (&$found, $parameters) {
        if (isset($parameters[$name])) $found[$parameters[$name]] = text_of($value);
    });
    return $found;
}

function answer_operation($operation, $values) {
    $described = CONFIG['service'][$operation];
    $arguments = named_arguments($described, $values);
    $answer = $operation === 'send' ? send_sms($arguments) : message_status($arguments);
    $result = spell($answer, 'soap', $operation);
    $wrapped = CONFIG['service']['style'] === 'document' && $described['result'] !== '';
    return $wrapped ? [$described['result'] => $result] : $result;
}

/** Any other operation: its argument or its result, once user and password are right. */
function answer_function($name, $values) {
    $function = CONFIG['service']['functions'][$name];
    // In document style, the one argument has all of them inside.
    if (CONFIG['service']['style'] === 'document' && is_object($values[0] ?? null)) $values = array_values(get_object_vars($values[0]));
    if ($function['credentials'] !== null) {
        [$username, $password] = array_map(fn ($at) => text_of($values[$at] ?? ''), $function['credentials']);
        if (!known($username, $password) && CONFIG['operation_refusal'] === 'code') return '5';
        if (!known($username, $password)) throw new SoapFault('Client', CONFIG['texts']['status'][5]);
    }
    return $function['echo'] === null ? $function['result'] : $values[$function['echo']] ?? null;
}

$file = served_wsdl(CONFIG['service']['wsdl']);
if (isset($_GET['wsdl'])) {
    header('Content-Type: text/xml; charset=utf-8');
    readfile($file);
} else {
    $server = new SoapServer($file, ['cache_wsdl' => WSDL_CACHE_NONE]);
    $server->setObject(new Service());
    $server->handle();
}
