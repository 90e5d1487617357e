<?php
// A real NuSOAP server: everything on the wire is its own; only the two functions behind it are ours.
require CONFIG['nusoap'];

$service = CONFIG['service'];
// NuSOAP's default hands strings over in ISO-8859-1 and answers in it.
define('LATIN1', strtolower(CONFIG['soap_charset']) === 'iso-8859-1');

function recode($value, $to, $from) {
    if (is_array($value)) return array_map(fn ($inner) => recode($inner, $to, $from), $value);
    return LATIN1 && is_string($value) ? mb_convert_encoding($value, $to, $from) : $value;
}

function leaves($values) {
    $leaves = [];
    array_walk_recursive($values, function ($leaf) use (&$leaves) { $leaves[] = $leaf; });
    return $leaves;
}

/** NuSOAP passes arguments by position: they are named here, as the author of a service names them. */
function answer_soap($operation, $values) {
    $arguments = [];
    if (CONFIG['service']['nested']) $values = leaves($values);
    foreach (array_keys(CONFIG['service'][$operation]['parts']) as $position => $parameter) {
        if (isset($values[$position])) $arguments[$parameter] = recode($values[$position], 'UTF-8', 'ISO-8859-1');
    }
    $answer = $operation === 'send' ? send_sms($arguments) : message_status($arguments);
    $result = recode(spell($answer, 'soap', $operation), 'ISO-8859-1', 'UTF-8');
    $name = CONFIG['service'][$operation]['result'];
    return CONFIG['service']['style'] === 'document' && $name !== '' ? [$name => $result] : $result;
}

/** Any other operation: its argument or its result, once user and password are right. */
function answer_function($name, $values) {
    $function = CONFIG['service']['functions'][$name];
    if ($function['credentials'] !== null) {
        [$username, $password] = array_map(fn ($at) => recode(text_of($values[$at] ?? ''), 'UTF-8', 'ISO-8859-1'), $function['credentials']);
        if (!known($username, $password) && CONFIG['operation_refusal'] === 'code') return '5';
        if (!known($username, $password)) {
            return new nusoap_fault('SOAP-ENV:Client', '', recode(CONFIG['texts']['status'][5], 'ISO-8859-1', 'UTF-8'));
        }
    }
    if ($function['echo'] !== null) return $values[$function['echo']] ?? null;
    return recode($function['result'], 'ISO-8859-1', 'UTF-8');
}

foreach (array_keys($service['functions']) as $name) {
    if (!preg_match('/^[A-Za-z_][A-Za-z0-9_]*$/D', $name)) die("not a function's name: $name");
    eval("function $name(...\$values) { return answer_function('$name', \$values); }");
}

foreach (['send', 'status'] as $operation) {
    $name = $service[$operation]['name'];
    if (!preg_match('/^[A-Za-z_][A-Za-z0-9_]*$/D', $name)) die("not a function's name: $name");
    eval("function $name(...\$values) { return answer_soap('$operation', \$values); }");
}

if ($service['wsdl'] !== null) {
    $server = new soap_server(served_wsdl($service['wsdl']));
} else {
    $server = new soap_server();
    $server->configureWSDL($service['name'], $service['namespace'], false, $service['style']);
    foreach (['send', 'status'] as $operation) {
        $dialect = CONFIG['reply']['soap'][$operation];
        $described = $service[$operation];
        $type = 'xsd:string';
        if ($dialect['form'] === 'struct') {
            $type = "tns:{$described['name']}Resultado";
            $members = [];
            foreach (array_diff_key($dialect['keys'], ['root' => '']) as $key) $members[$key] = ['name' => $key, 'type' => 'xsd:string'];
            if (!$dialect['text']) unset($members[$dialect['keys']['text']]);
            $server->wsdl->addComplexType("{$described['name']}Resultado", 'complexType', 'struct', 'all', '', $members);
        } elseif ($dialect['form'] === 'array') {
            $type = "tns:{$described['name']}Lista";
            $server->wsdl->addComplexType("{$described['name']}Lista", 'complexType', 'array', '', 'SOAP-ENC:Array', [],
                [['ref' => 'SOAP-ENC:arrayType', 'wsdl:arrayType' => 'xsd:string[]']], 'xsd:string');
        }
        $server->register($described['name'], array_fill_keys(array_values($described['parts']), 'xsd:string'),
            [$described['result'] => $type], $service['namespace'], "{$service['namespace']}#{$described['name']}",
            $service['style'], $service['use'], $described['documentation']);
    }
}
if (!LATIN1) {
    $server->decode_utf8 = false;
    $server->soap_defencoding = 'UTF-8';
}
$server->service(file_get_contents('php://input'));
