using System.Text;
using DataLoad.Streams.Amqp.Wire;
using Shouldly;
using Xunit;

namespace DataLoad.Streams.Amqp.Tests.Wire;

public sealed class WireHandshakeTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private readonly FakeBroker _broker = new();

    [Fact]
    public async Task A_connection_says_who_it_is_and_agrees_to_the_smaller_limits()
    {
        Task<WireConnection> connecting = _broker.ConnectAsync();
        await _broker.ExpectHeadAsync();
        _broker.Start();
        string login = Encoding.Latin1.GetString(await _broker.ExpectAsync(AmqpMethod.ConnectionStartOk));
        foreach (string said in (string[])["DataLoad.Streams.Amqp", "tests consuming", "consumer_cancel_notify", "authentication_failure_close", "connection.blocked", "PLAIN", $"\0guest\0{FakeBroker.Password}"])
        {
            login.ShouldContain(said);
        }

        _broker.Tune(channels: 10, frameBytes: 8192, heartbeat: 60);
        (await _broker.ExpectAsync(AmqpMethod.ConnectionTuneOk)).ShouldBe([0, 10, 0, 0, 32, 0, 0, 20]);
        Encoding.Latin1.GetString(await _broker.ExpectAsync(AmqpMethod.ConnectionOpen)).ShouldContain("/here");
        _broker.Send(new MethodWriter(0, AmqpMethod.ConnectionOpenOk).ShortText("").ToBytes());

        WireConnection connection = await connecting.WaitAsync(Patience);
        connection.Ended.IsCompleted.ShouldBeFalse();
    }

    [Fact]
    public async Task A_refused_login_names_the_user_and_not_the_password()
    {
        Task<WireConnection> connecting = _broker.ConnectAsync();
        await _broker.ExpectHeadAsync();
        _broker.Start();
        await _broker.ExpectAsync(AmqpMethod.ConnectionStartOk);
        _broker.Close(0, 403, "ACCESS_REFUSED - Login was refused");

        string error = (await Should.ThrowAsync<AmqpException>(connecting.WaitAsync(Patience))).ToString();
        error.ShouldContain("refuses the login as 'guest': ACCESS_REFUSED - Login was refused (code 403)");
        error.ShouldNotContain(FakeBroker.Password);
        await _broker.ExpectAsync(AmqpMethod.ConnectionCloseOk);
    }

    [Fact]
    public async Task A_vhost_that_is_missing_is_named()
    {
        Task<WireConnection> connecting = _broker.ConnectAsync();
        await _broker.ExpectHeadAsync();
        _broker.Start();
        await _broker.ExpectAsync(AmqpMethod.ConnectionStartOk);
        _broker.Tune();
        await _broker.ExpectAsync(AmqpMethod.ConnectionTuneOk);
        await _broker.ExpectAsync(AmqpMethod.ConnectionOpen);
        _broker.Close(0, 530, "NOT_ALLOWED - vhost not found");

        (await Should.ThrowAsync<AmqpException>(connecting.WaitAsync(Patience))).Message.ShouldContain("the vhost '/here': NOT_ALLOWED");
    }

    [Fact]
    public async Task A_broker_without_passwords_is_refused()
    {
        Task<WireConnection> connecting = _broker.ConnectAsync();
        await _broker.ExpectHeadAsync();
        _broker.Start("EXTERNAL");

        (await Should.ThrowAsync<AmqpException>(connecting.WaitAsync(Patience))).Message.ShouldContain("'EXTERNAL', not PLAIN");
    }

    [Fact]
    public async Task A_server_of_another_protocol_is_refused()
    {
        foreach ((byte[] said, string error) in ((byte[], string)[])[([.. "AMQP\u0003\u0001\0\0"u8], "offers version 1-0"), ([.. "HTTP/1.1 400 Bad"u8], "type 72")])
        {
            var broker = new FakeBroker();
            Task<WireConnection> connecting = broker.ConnectAsync();
            broker.Send(said);
            (await Should.ThrowAsync<AmqpException>(connecting.WaitAsync(Patience))).Message.ShouldContain(error);
        }
    }

    [Fact]
    public async Task A_broker_that_hangs_up_is_told_with_what_it_was_asked()
    {
        Task<WireConnection> connecting = _broker.ConnectAsync();
        await _broker.ExpectHeadAsync();
        _broker.Start();
        await _broker.ExpectAsync(AmqpMethod.ConnectionStartOk);
        _broker.HangUp();

        (await Should.ThrowAsync<AmqpException>(connecting.WaitAsync(Patience))).Message.ShouldContain("the login as 'guest'");
    }
}
