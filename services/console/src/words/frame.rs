//! The words of the frame: signing in, finding one's way, what goes wrong.

words! {
    MUSTER = "吹哨报到 Muster", "Muster";
    SKIP = "跳到正文", "Skip to content";
    MAIN_NAV = "主导航", "Main";
    CITY = "总览", "City";
    CASES = "案件", "Cases";
    NEW_WHISTLE = "吹哨", "Blow the whistle";
    UNITS = "单位", "Units";
    BUS = "总线", "Bus";
    INCIDENTS = "受阻流程", "Incidents";
    SIGN_IN = "登录", "Sign in";
    SIGN_OUT = "退出", "Sign out";
    NAME = "用户名", "Name";
    PASSWORD = "密码", "Password";
    SIGNED_IN_AS = "当前用户", "Signed in as";
    SIGN_IN_INTRO = "请用管理员为您开设的账号登录。您的每一项操作都以您的姓名记录。",
        "Sign in with the account that your administrator has made. Each of your acts is recorded under your name.";
    WRONG_PASSWORD = "用户名或密码不正确。", "The name or the password is wrong.";
    TOO_MANY_ATTEMPTS = "失败次数过多，请 {} 分钟后再试。", "Too many failed attempts. Try again in {} minutes.";
    SIGN_IN_ELSEWHERE = "统一身份认证登录", "Sign in with the city's account";
    ELSEWHERE_AWAY = "统一身份认证暂时不可用，请稍后再试。", "The city's sign-in service does not answer. Try again in a moment.";
    ELSEWHERE_REFUSED = "登录未完成，请重新开始。", "That sign-in was not completed. Please begin again.";
    NO_ACCOUNT = "您已通过身份认证，但在本系统没有账号，请联系管理员。", "You have signed in, but have no account here. Please ask your administrator.";
    GO_ON = "继续", "Go on";
    SESSION_OVER = "登录已失效，请重新登录。", "Your session is over. Please sign in again.";
    SIGNED_OUT = "您已退出。", "You have signed out.";
    NOT_FOUND = "没有这个页面", "There is no such page";
    NOT_FOUND_TEXT = "地址可能有误，或内容不存在。", "The address may be wrong, or what it names is not there.";
    REFUSED = "不允许", "Not allowed";
    REFUSED_TEXT = "按照本市的权限规则，您的单位不能这样做。该次请求已记录。", "By the city's policies your party may not do this. The request is on record.";
    CONFLICT = "现在不能这样做", "That can't be done now";
    INVALID = "填写有误", "Something is filled in wrongly";
    UNAVAILABLE = "暂时不可用", "Not available just now";
    UNAVAILABLE_TEXT = "系统的某一部分没有应答，请稍后再试。已经提交的不会丢失。", "A part of the system does not answer. Try again in a moment; nothing that was taken is lost.";
    BUSY = "请求过多", "Too much at once";
    BUSY_TEXT = "请稍候再试。", "Wait a moment and try again.";
    FAULT = "系统出错", "Something failed here";
    FAULT_TEXT = "故障已记录，请告知管理员。", "It is in the log. Please tell an administrator.";
    REASON_CODE = "代码", "Code";
    HOME = "回到总览", "To the city page";
    FORM_OLD = "表单已失效，请重新打开页面后再提交。", "This form is out of date. Open the page again and send it from there.";
    LIVE_LOST = "连接中断，正在重连……", "The connection is lost; trying again…";
    LIVE_CHANGED = "内容有更新，点此刷新", "This has changed: show it";
    FIRST_PAGE = "第一页", "First page";
    NEXT_PAGE = "下一页", "Next page";
    NONE = "无", "None";
}
