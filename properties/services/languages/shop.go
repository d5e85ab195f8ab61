// The article's shop by the standard library of Go alone: `shop watch`, or `shop read-then-write`, which is wrong. A client is made
// for each request, the stock is watched and tried again, and the token is read and never used.
package main

import (
	"bufio"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
)

// Redis speaks the little of RESP that is needed here.
type Redis struct {
	connection net.Conn
	replies    *bufio.Reader
}

func connected() (*Redis, error) {
	connection, err := net.Dial("tcp", "127.0.0.1:"+os.Getenv("REDIS_PORT"))
	if err != nil {
		return nil, err
	}
	return &Redis{connection, bufio.NewReader(connection)}, nil
}

// ask sends all commands at once, and returns the reply to the last of them: "" is a nil.
func (redis *Redis) ask(commands ...string) (reply string, err error) {
	var sent strings.Builder
	for _, command := range commands {
		words := strings.Fields(command)
		fmt.Fprintf(&sent, "*%d\r\n", len(words))
		for _, word := range words {
			fmt.Fprintf(&sent, "$%d\r\n%s\r\n", len(word), word)
		}
	}
	if _, err = io.WriteString(redis.connection, sent.String()); err != nil {
		return "", err
	}
	for range commands {
		if reply, err = redis.read(); err != nil {
			return "", err
		}
	}
	return reply, nil
}

func (redis *Redis) read() (string, error) {
	line, err := redis.replies.ReadString('\n')
	if err != nil {
		return "", err
	}
	kind, rest := line[0], strings.TrimSpace(line[1:])
	switch kind {
	case '+', ':':
		return rest, nil
	case '-':
		return "", fmt.Errorf("redis: %s", rest)
	}
	length, err := strconv.Atoi(rest)
	if err != nil || length < 0 {
		return "", err
	}
	if kind == '*' {
		last := ""
		for i := 0; i < length; i++ {
			if last, err = redis.read(); err != nil {
				return "", err
			}
		}
		return last, nil
	}
	text := make([]byte, length+2)
	_, err = io.ReadFull(redis.replies, text)
	return string(text[:length]), err
}

func watch(redis *Redis, key string) (bool, error) {
	for {
		if _, err := redis.ask("WATCH " + key); err != nil {
			return false, err
		}
		stock, err := left(redis, key)
		if err != nil {
			return false, err
		}
		if stock <= 0 {
			_, err := redis.ask("UNWATCH")
			return false, err
		}
		sold, err := redis.ask("MULTI", "DECR "+key, "EXEC")
		if err != nil || sold != "" {
			return err == nil, err
		}
	}
}

func readThenWrite(redis *Redis, key string) (bool, error) {
	stock, err := left(redis, key)
	if err != nil || stock <= 0 {
		return false, err
	}
	_, err = redis.ask("DECR " + key)
	return err == nil, err
}

func left(redis *Redis, key string) (int, error) {
	text, err := redis.ask("GET " + key)
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(text)
}

func main() {
	buy := map[string]func(*Redis, string) (bool, error){"watch": watch, "read-then-write": readThenWrite}[os.Args[1]]
	http.HandleFunc("/purchase", func(response http.ResponseWriter, request *http.Request) {
		query := request.URL.Query()
		_ = query.Get("token")
		redis, err := connected()
		if err != nil {
			http.Error(response, err.Error(), http.StatusInternalServerError)
			return
		}
		defer redis.connection.Close()
		sold, err := buy(redis, "product:"+query.Get("product_name"))
		switch {
		case err != nil:
			http.Error(response, err.Error(), http.StatusInternalServerError)
		case sold:
			fmt.Fprint(response, "Success")
		default:
			http.Error(response, "Sold Out", http.StatusNotFound)
		}
	})
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), nil))
}
