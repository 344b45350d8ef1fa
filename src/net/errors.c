/* SPDX-License-Identifier: GPL-3.0-or-later */
/* curl's results in our words: what happened, at which peer, and what can be done. */
#include <errno.h>
#include <string.h>
#include "net/net_impl.h"

static int connect_failure(struct err *reterr, const struct failure *f)
{
	const char *where = f->target->where;
	int r;
	switch (f->sys) {
	case ENOENT:
		r = err_set(reterr, ERR_NET, "%s is not there", where);
		err_hint(reterr, "start the service that makes it, or name another socket");
		break;
	case EACCES:
	case EPERM:
		r = err_set(reterr, ERR_DENIED, "no permission to use %s", where);
		err_hint(reterr, f->target->is_unix ? "join the group that owns the socket (ls -l shows it) and log in again"
		                                    : "a firewall rule of this machine may forbid it");
		break;
	case ECONNREFUSED:
		r = err_set(reterr, ERR_NET, "nothing listens at %s", where);
		err_hint(reterr, f->target->is_unix ? "start the service that owns the socket" : "check the address and that the server runs");
		break;
	default:
		r = err_set(reterr, ERR_NET, "no connection to %s%s%s", where, f->sys ? ": " : "", f->sys ? strerror((int)f->sys) : "");
		err_hint(reterr, "check the network and the address");
	}
	if (reterr && f->sys > 0)
		reterr->sys = (int)f->sys;
	return r;
}

#define CLIENT_HINT "give it one that its own authority has signed, with its key"
/* What TLS libraries say of a certificate (OpenSSL's and GnuTLS's words), and what it means. */
static const struct { const char *said, *means, *hint; } tls_rows[] = {
	/* alerts: what the other side found about us */
	{ "alert certificate required", "it wants a client certificate", CLIENT_HINT },
	{ "alert handshake failure", "it wants a client certificate, or agrees to none of our ciphers", CLIENT_HINT },
	{ "alert bad certificate", "it wants a client certificate that it trusts", CLIENT_HINT },
	{ "alert unknown ca", "it refuses the client certificate: it does not know who signed that", CLIENT_HINT },
	{ "alert certificate unknown", "it refuses the client certificate", CLIENT_HINT },
	{ "alert certificate expired", "it refuses the client certificate: that has expired", "have a new one made" },
	{ "certificate has expired", "its certificate has expired", "the people who run it must renew it; if it is new, check this machine's clock" },
	{ "not yet valid", "its certificate is not valid yet", "check this machine's clock" },
	{ "not activated", "its certificate is not valid yet", "check this machine's clock" },
	{ "local issuer", "nobody that this machine trusts has signed its certificate", NULL },
	{ "self-signed", "its certificate is signed by itself or by an authority that this machine does not know", NULL },
	{ "self signed", "its certificate is signed by itself or by an authority that this machine does not know", NULL },
	{ "issuer is unknown", "nobody that this machine trusts has signed its certificate", NULL },
	{ "signer not found", "nobody that this machine trusts has signed its certificate", NULL },
	{ "unknown ca", "nobody that this machine trusts has signed its certificate", NULL },
	{ "does not match", "its certificate is for another name", "check the name in the address" },
	{ "alternative certificate subject name", "its certificate is for another name", "check the name in the address" },
	{ "mismatch", "its certificate is for another name", "check the name in the address" },
	{ "revoked", "its certificate has been revoked", "do not trust it; ask the people who run it" },
	{ "wrong version number", "it does not speak TLS there", "check the port; an address without TLS begins with http://" },
	{ "packet length too long", "it does not speak TLS there", "check the port; an address without TLS begins with http://" },
	{ "unexpected tls packet", "it does not speak TLS there", "check the port; an address without TLS begins with http://" },
	{ "http request", "it does not speak TLS there", "check the port; an address without TLS begins with http://" },
};
#define TLS_TRUST_HINT "if you trust it, put the certificate of its authority into a file and name that as ca-file in its settings"

static int tls_failure(struct err *reterr, const struct failure *f)
{
	for (size_t i = 0; i < ARRAY_LEN(tls_rows); i++) {
		if (f->code == CURLE_SSL_CACERT_BADFILE || f->code == CURLE_SSL_CERTPROBLEM || !strcasestr(f->detail, tls_rows[i].said))
			continue;
		int r = err_set(reterr, ERR_TLS, "no trusted connection to %s: %s", f->target->where, tls_rows[i].means);
		err_hint(reterr, "%s", tls_rows[i].hint ? tls_rows[i].hint : TLS_TRUST_HINT);
		return r;
	}
	int r = err_set(reterr, ERR_TLS, "no trusted connection to %s: %s", f->target->where, f->detail);
	err_hint(reterr, f->code == CURLE_SSL_CERTPROBLEM ? "check the client certificate and its key" :
	                 f->code == CURLE_SSL_CACERT_BADFILE ? "check that the CA file is there, readable and in PEM form" : TLS_TRUST_HINT);
	return r;
}

/* One line for each result that says more than "it broke". */
static const struct { CURLcode code; enum err_code is; const char *text, *hint; } rows[] = {
	{ CURLE_PARTIAL_FILE, ERR_NET, "the answer from %s was cut short", "try again" },
	{ CURLE_GOT_NOTHING, ERR_NET, "%s closed the connection without an answer", "try again; where the address begins with http://, it may want https://" },
	{ CURLE_WEIRD_SERVER_REPLY, ERR_DECODE, "%s does not answer as an HTTP server does", "check the address and the port" },
	{ CURLE_UNSUPPORTED_PROTOCOL, ERR_DECODE, "%s does not speak HTTP", "check the address and the port; it may want https://" },
	{ CURLE_BAD_CONTENT_ENCODING, ERR_DECODE, "the compressed answer from %s is damaged", "try again" },
	{ CURLE_HTTP2, ERR_NET, "the HTTP/2 connection to %s broke", "try again" },
	{ CURLE_HTTP2_STREAM, ERR_NET, "%s ended the answer with an error", "try again" },
	{ CURLE_URL_MALFORMAT, ERR_USAGE, "the address of %s is not a URL", "write it as https://host or http://host:port" },
	{ CURLE_LOGIN_DENIED, ERR_USAGE, "the address of %s holds a user name or password", "take it out of the URL" },
	{ CURLE_TOO_MANY_REDIRECTS, ERR_HTTP, "%s redirects for ever", "check the address" },
};

/* With TLS 1.3 a server looks at our certificate after the handshake is over for us: its refusal comes with the first bytes. */
static bool is_late_refusal(const struct failure *f)
{
	return (f->code == CURLE_RECV_ERROR || f->code == CURLE_SEND_ERROR) && f->target->is_tls && strstr(f->detail, " alert ");
}

/* Curl limits the time until a connection stands; which step took it, its clock says. */
static int timeout_failure(struct err *reterr, const struct failure *f)
{
	static const struct { const char *before, *behind, *hint; } rows_by_phase[] = {
		[PHASE_ANY] = { "no answer from ", " in time", "it may be busy or out of reach: try again" },
		[PHASE_NAME] = { "the name in ", " was looked for too long", "check the network and its name server" },
		[PHASE_CONNECT] = { "", " did not take the connection in time", "it is out of reach, or a firewall drops what is sent: check the network and the address" },
		[PHASE_TLS] = { "", " did not finish the TLS handshake in time", "it may be busy, or not speak TLS at that port" },
	};
	int r = err_set(reterr, ERR_TIMEOUT, "%s%s%s", rows_by_phase[f->phase].before, f->target->where, rows_by_phase[f->phase].behind);
	err_hint(reterr, "%s", rows_by_phase[f->phase].hint);
	return r;
}

int net_failure(struct err *reterr, const struct failure *f)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (rows[i].code != f->code)
			continue;
		AUTO(buf_fini) struct buf text = BUF_INIT;
		const char *slot = strstr(rows[i].text, "%s");
		buf_add(&text, rows[i].text, (size_t)(slot - rows[i].text));
		buf_add_str(&text, f->target->where);
		buf_add_str(&text, slot + 2);
		int r = err_set(reterr, rows[i].is, "%s", buf_str(&text));
		err_hint(reterr, "%s", rows[i].hint);
		return r;
	}
	int r;
	if (is_late_refusal(f))
		return tls_failure(reterr, f);
	switch (f->code) {
	case CURLE_COULDNT_CONNECT:
		return connect_failure(reterr, f);
	case CURLE_OPERATION_TIMEDOUT:
		return timeout_failure(reterr, f);
	case CURLE_COULDNT_RESOLVE_PROXY:
	case CURLE_PROXY:
		r = err_set(reterr, ERR_NET, "no way to %s through the proxy: %s", f->target->where, f->detail);
		err_hint(reterr, "check the proxy in the settings, or http_proxy, https_proxy and no_proxy in the environment");
		return r;
	case CURLE_COULDNT_RESOLVE_HOST:
		r = err_set(reterr, ERR_NET, "the name in %s is not known: %s", f->target->where, f->detail);
		err_hint(reterr, "check the spelling, the network and its name server");
		return r;
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_SSL_CIPHER:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_ISSUER_ERROR:
	case CURLE_SSL_INVALIDCERTSTATUS:
	case CURLE_SSL_SHUTDOWN_FAILED:
		return tls_failure(reterr, f);
	default:
		r = err_set(reterr, ERR_NET, "the connection to %s broke: %s", f->target->where, f->detail);
		err_hint(reterr, "try again");
		return r;
	}
}

static enum net_phase phase_of(CURL *easy, const struct target *t)
{
	curl_off_t name = 0, connect = 0, tls = 0;
	curl_easy_getinfo(easy, CURLINFO_NAMELOOKUP_TIME_T, &name);
	curl_easy_getinfo(easy, CURLINFO_CONNECT_TIME_T, &connect);
	curl_easy_getinfo(easy, CURLINFO_APPCONNECT_TIME_T, &tls);
	if (t->is_unix)
		return PHASE_ANY;
	return !name ? PHASE_NAME : !connect ? PHASE_CONNECT : t->is_tls && !tls ? PHASE_TLS : PHASE_ANY;
}

int net_failure_easy(struct err *reterr, CURL *easy, CURLcode code, const char *detail, const struct target *t)
{
	long sys = 0;
	curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &sys);
	struct failure f = { code, sys, detail && *detail ? detail : curl_easy_strerror(code), t, phase_of(easy, t) };
	return net_failure(reterr, &f);
}
